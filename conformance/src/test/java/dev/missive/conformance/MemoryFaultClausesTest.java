package dev.missive.conformance;

import dev.missive.testkit.VirtualTime;
import org.junit.jupiter.api.AfterEach;

/** What only the in-memory broker can be made to do, in virtual time. */
final class MemoryFaultClausesTest implements MemoryFaultClauses {
  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);

  @AfterEach
  void close() {
    lab.close();
  }

  @Override
  public Lab lab() {
    return lab;
  }
}
