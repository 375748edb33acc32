package dev.missive.kafka;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A consumer that is called while it joins its group. */
@Tag("broker")
final class KafkaWakeupTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int JOINS = 5;

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void calls_while_it_joins_cost_no_partition(String protocol) throws Exception {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    try (Messaging messaging = KafkaLab.open(broker, protocol)) {
      for (int i = 0; i < JOINS; i++) {
        joins(messaging, KafkaLab.topic());
      }
    }
  }

  private static void joins(Messaging messaging, String topic) throws InterruptedException {
    AtomicInteger handled = new AtomicInteger();
    messaging.topology().declare(topic, "woken");
    messaging.producer().publish(Message.of(topic, "k", new byte[10]));
    AtomicBoolean joined = new AtomicBoolean();
    try (Consumer consumer =
        messaging
            .consumer(topic)
            .group("woken")
            .handler(message -> handled.incrementAndGet())
            .build()) {
      consumer.start();
      Thread caller =
          new Thread(
              () -> {
                while (!joined.get()) {
                  consumer.pause();
                  consumer.resume();
                }
              });
      caller.start();
      consumer.ready().toCompletableFuture().join();
      joined.set(true);
      caller.join();

      Eventually.await("the message", LONG, () -> handled.get() == 1);
    }
  }
}
