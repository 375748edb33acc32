package dev.missive.rabbitmq;

import java.util.LinkedHashMap;
import java.util.Map;

/** What kind of queue a group gets; a queue never changes its kind. */
enum QueueType {
  /** Replicated, on disk on a majority before it is acknowledged. */
  QUORUM,
  /** One node. */
  CLASSIC,
  /** One node, strict priorities 0 to 9. */
  PRIORITY;

  /**
   * A peek is consume and requeue, and quorum queues drop what was returned too often. The highest
   * number and not -1, which 3.10 takes for "drop at once" (ADR 0011).
   */
  private static final int NEVER = Integer.MAX_VALUE;

  /** A crash brake, not a retry counter (semantics S14). */
  private static final int CRASHES = 50;

  private static final int HIGHEST_PRIORITY = 9;

  /** The arguments of a group's queue. */
  Map<String, Object> group(String deadLetters, boolean keyOrder) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("x-queue-type", this == QUORUM ? "quorum" : "classic");
    if (this == QUORUM) {
      arguments.put("x-delivery-limit", CRASHES);
      arguments.put("x-dead-letter-exchange", "");
      arguments.put("x-dead-letter-routing-key", deadLetters);
      arguments.put("x-dead-letter-strategy", "at-least-once");
      arguments.put("x-overflow", "reject-publish");
    }
    if (this == PRIORITY) {
      arguments.put("x-max-priority", HIGHEST_PRIORITY);
    }
    if (keyOrder) {
      arguments.put("x-single-active-consumer", true);
    }
    return arguments;
  }

  /** The arguments of a queue of dead letters. */
  Map<String, Object> deadLetters() {
    return this == QUORUM
        ? Map.of("x-queue-type", "quorum", "x-delivery-limit", NEVER)
        : Map.of("x-queue-type", "classic");
  }
}
