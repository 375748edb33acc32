package dev.missive.rabbitmq;

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
   * The routing key of a message that the broker moved here itself, because its consumers crashed
   * (semantics S14).
   *
   * @param deaths the header {@code x-death}
   * @return null if it does not come from the queue of this group
   */
  @Nullable String routingKey(@Nullable Object deaths) {
    if (deaths instanceof List<?> all) {
      for (Object death : all) {
        if (death instanceof Map<?, ?> facts
            && queue.equals(String.valueOf(facts.get("queue")))
            && facts.get("routing-keys") instanceof List<?> keys
            && !keys.isEmpty()) {
          return String.valueOf(keys.get(0));
        }
      }
    }
    return null;
  }
}
