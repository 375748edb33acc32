package dev.missive.testkit.contract;

import dev.missive.Messaging;
import java.util.List;

/** Publishes that may fail. */
final class Publishing {
  private Publishing() {}

  /** Whether a message with this text could be stored. */
  static boolean stored(Lab lab, Messaging messaging, String text) {
    return lab.call(
            "publishing", () -> messaging.producer().publishBatch(List.of(lab.message(text))))
        .get(0)
        .stored();
  }
}
