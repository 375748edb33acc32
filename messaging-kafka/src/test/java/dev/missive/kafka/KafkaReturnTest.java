package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Where reading goes on when one message was left and more were handled than a poll brings. */
@Tag("broker")
final class KafkaReturnTest {
  private static final int MESSAGES = 1500;
  private static final Duration LONG = Duration.ofSeconds(60);

  @Test
  void only_the_message_that_was_left_comes_back() {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.partitions", "1")) {
      messaging.topology().declare(topic, "g");
      for (int i = 0; i < MESSAGES; i++) {
        messaging.producer().publishAsync(message(topic, i));
      }
      messaging.producer().flush();
      leaveTheFirst(messaging, topic);

      Set<String> again = ConcurrentHashMap.newKeySet();
      try (Consumer consumer =
          messaging
              .consumer(topic)
              .group("g")
              .handler(message -> again.add(message.id()))
              .build()) {
        consumer.start();
        messaging.producer().publish(message(topic, MESSAGES));
        Eventually.await("the last one", LONG, () -> again.contains("m" + MESSAGES));
      }
      assertThat(again).containsExactlyInAnyOrder("m0", "m" + MESSAGES);
    }
  }

  private static void leaveTheFirst(Messaging messaging, String topic) {
    Set<String> handled = ConcurrentHashMap.newKeySet();
    CountDownLatch never = new CountDownLatch(1);
    Consumer consumer =
        messaging
            .consumer(topic)
            .group("g")
            .concurrency(2)
            .maxInFlight(2 * MESSAGES)
            .handler(
                message -> {
                  if (message.id().equals("m0")) {
                    never.await();
                  }
                  handled.add(message.id());
                })
            .build();
    consumer.start();
    Eventually.await("all but the first", LONG, () -> handled.size() == MESSAGES - 1);
    consumer.stop(Duration.ZERO);
    assertThat(handled).doesNotContain("m0");
  }

  private static Message message(String topic, int number) {
    return Message.builder(topic).id("m" + number).text("x").build();
  }
}
