package dev.missive.testkit.contract;

import dev.missive.ConnectionState;
import dev.missive.Messaging;
import java.util.List;

/** What several clauses do in the same way. */
final class Steps {
  private Steps() {}

  /** Stores a message with this text, or fails. */
  static void publish(Lab lab, Messaging messaging, String text) {
    lab.run("publishing", () -> messaging.producer().publish(lab.message(text)));
  }

  static void awaitState(Lab lab, Messaging messaging, ConnectionState state) {
    lab.await(
        "the connection is " + state,
        lab.broker().readyTimeout().plusSeconds(35),
        () -> messaging.health().connection().state() == state);
  }

  /** Whether a message with this text could be stored. */
  static boolean stored(Lab lab, Messaging messaging, String text) {
    return lab.call(
            "publishing", () -> messaging.producer().publishBatch(List.of(lab.message(text))))
        .get(0)
        .stored();
  }
}
