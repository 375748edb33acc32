package dev.missive.kafka;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two instances that are the first, at the same time. */
@Tag("broker")
final class KafkaDeclareTest {
  private static final int ROUNDS = 50;
  private static final Duration LONG = Duration.ofSeconds(60);

  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());

  @Test
  void what_is_published_after_either_declare_is_not_skipped() {
    try (Messaging one = KafkaLab.open(broker, "classic");
        Messaging two = KafkaLab.open(broker, "classic")) {
      for (int round = 0; round < ROUNDS; round++) {
        String topic = KafkaLab.topic();
        // In a topic that is not there yet a group begins with the first message, whoever is first.
        one.topology().declare(topic, "other");
        CyclicBarrier both = new CyclicBarrier(2);
        List<CompletableFuture<Void>> published =
            Stream.of(one, two)
                .map(
                    messaging ->
                        CompletableFuture.runAsync(
                            () -> declareAndPublish(messaging, topic, both),
                            task -> new Thread(task, "instance").start()))
                .toList();
        published.forEach(CompletableFuture::join);

        Eventually.await("both wait", LONG, () -> one.topology().depth(topic, "g").waiting() == 2);
      }
    }
  }

  private static void declareAndPublish(Messaging messaging, String topic, CyclicBarrier both) {
    try {
      both.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    messaging.topology().declare(topic, "g");
    messaging.producer().publish(Message.builder(topic).text("x").build());
  }
}
