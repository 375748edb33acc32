package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.jspecify.annotations.Nullable;

/**
 * How long a topic keeps messages, which bounds how long one may wait in it: a delay over half of
 * that could be silent loss (semantics S20).
 *
 * @param longest null if they are kept for ever, or if nobody may know
 * @param visible false if the cluster does not tell this user
 */
record KafkaRetention(@Nullable Duration longest, boolean visible) {
  static final KafkaRetention HIDDEN = new KafkaRetention(null, false);

  static KafkaRetention of(@Nullable Config topic) {
    ConfigEntry cleanup = topic == null ? null : topic.get(WantedTopic.CLEANUP);
    ConfigEntry retention = topic == null ? null : topic.get(WantedTopic.RETENTION);
    // A topic that is compacted and nothing else deletes no message for its age.
    boolean deletes = cleanup == null || String.valueOf(cleanup.value()).contains("delete");
    long millis = retention == null || !deletes ? -1 : Long.parseLong(retention.value());
    return new KafkaRetention(millis < 0 ? null : Duration.ofMillis(millis), true);
  }

  /** Why a message to the topic must not wait so long; null if it may. */
  @Nullable PublishException refusal(String topic, Instant notBefore, Instant now) {
    if (!visible && notBefore.isAfter(now)) {
      return new PublishException(
          ErrorCode.AUTH,
          Outcome.NOT_STORED,
          "a message to "
              + topic
              + " is delayed, but how long the topic keeps messages cannot be seen. Allow this user DESCRIBE_CONFIGS on the topic",
          null);
    }
    if (longest == null || Duration.between(now, notBefore).compareTo(longest.dividedBy(2)) <= 0) {
      return null;
    }
    return new PublishException(
        ErrorCode.CONFIG_INVALID,
        Outcome.NOT_STORED,
        "a message to "
            + topic
            + " is delayed by more than half of what the topic keeps (retention.ms, "
            + longest
            + ") and could be deleted before it is due. Delay it less, or keep the topic longer",
        null);
  }
}
