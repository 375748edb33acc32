package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Records that a topic does not take, and members that a group does not. */
@Tag("broker")
final class KafkaRefusedTest {
  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());

  @Test
  void a_message_without_key_to_a_compacted_topic_is_refused_and_its_neighbours_are_stored()
      throws Exception {
    String topic = KafkaLab.topic();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()));
        Messaging messaging = KafkaLab.open(broker, "classic", "kafka.client.linger.ms", "200")) {
      NewTopic compacted =
          new NewTopic(topic, 1, (short) 1).configs(Map.of("cleanup.policy", "compact"));
      admin.createTopics(List.of(compacted)).all().get();
      messaging.producer().publish(Message.builder(topic).key("first").text("x").build());

      CompletableFuture<Receipt> before = publish(messaging, topic, "a", "x");
      CompletableFuture<Receipt> keyless = publish(messaging, topic, null, "x");
      CompletableFuture<Receipt> after = publish(messaging, topic, "b", "x");

      assertRefused(
          keyless, ErrorCode.CONFIG_INVALID, "compacted topic takes no message without a key");
      assertThat(before.get(120, TimeUnit.SECONDS).position()).isNotNull();
      assertThat(after.get(120, TimeUnit.SECONDS).position()).isNotNull();
    }
  }

  @Test
  void a_message_that_is_too_large_for_its_topic_alone_is_refused_and_its_neighbours_are_stored()
      throws Exception {
    String topic = KafkaLab.topic();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()));
        Messaging messaging = KafkaLab.open(broker, "classic", "kafka.client.linger.ms", "200")) {
      NewTopic narrow =
          new NewTopic(topic, 1, (short) 1).configs(Map.of("max.message.bytes", "1000"));
      admin.createTopics(List.of(narrow)).all().get();

      CompletableFuture<Receipt> before = publish(messaging, topic, "a", "x");
      CompletableFuture<Receipt> large = publish(messaging, topic, "b", "x".repeat(5000));
      CompletableFuture<Receipt> after = publish(messaging, topic, "c", "x");

      assertRefused(large, ErrorCode.TOO_LARGE, topic);
      assertThat(before.get(120, TimeUnit.SECONDS).position()).isNotNull();
      assertThat(after.get(120, TimeUnit.SECONDS).position()).isNotNull();
    }
  }

  @Test
  void a_group_whose_members_spread_partitions_in_another_way_is_a_mismatch() {
    String topic = KafkaLab.topic();
    try (Messaging messaging = KafkaLab.open(broker, "classic")) {
      messaging.topology().declare(topic, "shared");
      try (var foreign = KafkaLab.member(broker, KafkaNames.group(topic, "shared"), topic)) {
        Consumer ours = messaging.consumer(topic).group("shared").handler(m -> {}).build();
        ours.start();

        assertThatThrownBy(() -> ours.ready().toCompletableFuture().get(120, TimeUnit.SECONDS))
            .cause()
            .isInstanceOfSatisfying(
                MessagingException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.TOPOLOGY_MISMATCH))
            .hasMessageContaining("another program");
        assertThat(ours.state()).isEqualTo(ConsumerState.FAILED);
        assertThat(foreign.assignment()).isNotEmpty();
      }
    }
  }

  private static void assertRefused(
      CompletableFuture<Receipt> refused, ErrorCode code, String detail) {
    assertThatThrownBy(() -> refused.get(120, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            })
        .hasMessageContaining(detail);
  }

  private static CompletableFuture<Receipt> publish(
      Messaging messaging, String topic, @Nullable String key, String text) {
    return messaging
        .producer()
        .publishAsync(Message.builder(topic).key(key).text(text).build())
        .toCompletableFuture();
  }
}
