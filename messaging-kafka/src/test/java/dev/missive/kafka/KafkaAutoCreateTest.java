package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Brokers create topics by themselves unless told not to; clients of ours never let them (S3). */
@Tag("broker")
final class KafkaAutoCreateTest {
  private final LiveBroker broker =
      LiveBrokers.shared(Brokers.kafka().withConfig("auto.create.topics.enable", "true"));

  @Test
  void publishing_to_an_unknown_topic_creates_nothing() throws Exception {
    String topic = KafkaLab.topic();
    Message message = Message.builder(topic).key("k").text("x").build();
    try (Messaging messaging = KafkaLab.open(broker, "classic")) {
      for (int again = 0; again < 3; again++) {
        assertNotStored(() -> messaging.producer().publish(message));
        assertNotStored(() -> messaging.producer().publishAtomically(List.of(message)));
      }
    }
    assertThat(topics()).doesNotContain(topic);
  }

  @Test
  void asking_and_consuming_without_declaring_creates_nothing() throws Exception {
    String topic = KafkaLab.topic();
    for (String protocol : List.of("classic", "consumer")) {
      for (String mode : List.of("VERIFY", "NONE")) {
        try (Messaging messaging = KafkaLab.open(broker, protocol, "topology.mode", mode)) {
          assertThatThrownBy(() -> messaging.topology().depth(topic, "g"))
              .isInstanceOf(MessagingException.class);
          consumeFor(messaging, topic);
        }
      }
    }
    assertThat(topics()).noneMatch(name -> name.startsWith(topic));
  }

  /** Whether it is refused at once or waits for the topic is a matter of the mode. */
  private static void consumeFor(Messaging messaging, String topic) {
    try {
      messaging.consumer(topic).group("g").handler(message -> {}).build().start();
    } catch (MessagingException e) {
      assertThat(e.code()).isIn(ErrorCode.TOPIC_MISSING, ErrorCode.TOPOLOGY_MISMATCH);
    }
  }

  private Set<String> topics() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      return admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
    }
  }

  private static void assertNotStored(ThrowingCallable publish) {
    assertThatThrownBy(publish)
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOPIC_MISSING);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            });
  }
}
