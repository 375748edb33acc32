package dev.missive.kafka;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two instances that are the first, at the same time. */
@Tag("broker")
final class LiveDeclareTest {
  private static final int ROUNDS = 5;
  private static final Duration LONG = Duration.ofSeconds(60);

  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());

  @Test
  void what_is_published_after_either_declare_is_not_skipped() {
    try (Messaging one = Live.open(broker, "classic");
        Messaging two = Live.open(broker, "classic")) {
      for (int round = 0; round < ROUNDS; round++) {
        String topic = Live.topic();
        CyclicBarrier both = new CyclicBarrier(2);
        List<CompletableFuture<String>> published =
            Stream.of(one, two)
                .map(
                    messaging ->
                        CompletableFuture.supplyAsync(
                            () -> declareAndPublish(messaging, topic, both),
                            task -> new Thread(task, "instance").start()))
                .toList();
        List<String> sent = published.stream().map(CompletableFuture::join).toList();

        Set<String> handled = ConcurrentHashMap.newKeySet();
        Consumer consumer =
            LiveLoad.consumer(one, topic, "g", 1, message -> handled.add(message.id()));
        Eventually.await("both", LONG, () -> handled.containsAll(sent));
        consumer.close();
      }
    }
  }

  private static String declareAndPublish(Messaging messaging, String topic, CyclicBarrier both) {
    try {
      both.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    messaging.topology().declare(topic, "g");
    return messaging.producer().publish(Message.builder(topic).text("x").build()).id();
  }
}
