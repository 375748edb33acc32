package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A delay that is longer than what its topic keeps would be silent loss (semantics S20). */
@Tag("broker")
final class KafkaDelayTest {
  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());

  @Test
  void a_delay_over_half_the_retention_is_refused_and_nothing_is_stored() throws Exception {
    String topic = topic(Map.of("retention.ms", "3600000"));
    try (Messaging messaging = KafkaLab.open(broker, "classic")) {
      assertRefused(() -> messaging.producer().publish(delayed(topic, Duration.ofMinutes(31))));
      messaging.producer().publish(delayed(topic, Duration.ofMinutes(29)));

      assertThat(KafkaLab.headers(KafkaLab.first(broker, topic))).containsKey("missive-not-before");
    }
  }

  @Test
  void a_topic_that_keeps_its_messages_for_ever_takes_any_delay() throws Exception {
    try (Messaging messaging = KafkaLab.open(broker, "classic")) {
      for (Map<String, String> config :
          List.of(
              Map.of("retention.ms", "-1"),
              Map.of("cleanup.policy", "compact", "retention.ms", "3600000"))) {
        String topic = topic(config);

        messaging.producer().publish(delayed(topic, Duration.ofDays(400)));

        assertThat(KafkaLab.first(broker, topic).offset()).isZero();
      }
    }
  }

  private String topic(Map<String, String> config) throws Exception {
    String topic = KafkaLab.topic();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(config))).all().get();
    }
    return topic;
  }

  private static Message delayed(String topic, Duration delay) {
    return Message.builder(topic).key("k").text("x").delay(delay).build();
  }

  private static void assertRefused(ThrowingCallable publish) {
    assertThatThrownBy(publish)
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            })
        .hasMessageContaining("retention.ms");
  }
}
