package dev.missive.testkit.launcher;

import java.io.IOException;

/** Asks a broker, by a short exchange of bytes, whether it is ready. */
@FunctionalInterface
interface Probe {
  /**
   * Asks once.
   *
   * @throws IOException with what is wrong, if it is not ready
   */
  void check() throws IOException;
}
