package dev.missive.rabbitmq;

import dev.missive.DeadLetters.Reason;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose dead letters a subscription reads. Several groups, and programs of others, may share one
 * queue of them.
 *
 * @param topic the group's topic or pattern
 * @param group the group
 * @param queue the queue of the group
 */
record LettersOf(String topic, String group, String queue) {
  /**
   * What the broker wrote when it moved a message here itself, for instance because its consumers
   * crashed (semantics S14).
   *
   * @param routingKey the one it was published with
   * @param reason why, in our words where we have one
   * @param at when; null if it does not say
   * @param count how often it was moved since somebody published it
   */
  record Death(String routingKey, String reason, @Nullable Instant at, long count) {}

  /**
   * Reads the header {@code x-death}.
   *
   * @return null if it tells of no move from the queue of this group
   * @see <a href="https://www.rabbitmq.com/docs/dlx#effects">What dead-lettering writes</a>
   */
  @Nullable Death death(@Nullable Object deaths) {
    if (deaths instanceof List<?> all) {
      for (Object death : all) {
        if (death instanceof Map<?, ?> facts
            && queue.equals(String.valueOf(facts.get("queue")))
            && facts.get("routing-keys") instanceof List<?> keys
            && !keys.isEmpty()) {
          return new Death(
              String.valueOf(keys.get(0)),
              reason(String.valueOf(facts.get("reason"))),
              facts.get("time") instanceof Date time ? time.toInstant() : null,
              facts.get("count") instanceof Number number ? number.longValue() : 1);
        }
      }
    }
    return null;
  }

  private static String reason(String said) {
    return switch (said) {
      case "delivery_limit" -> Reason.CRASH_LIMIT.text();
      case "expired" -> Reason.EXPIRED.text();
      case "rejected" -> Reason.REJECTED.text();
      default -> said;
    };
  }
}
