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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that is closed while the broker hangs is told so in time and leaves no thread. */
@Tag("broker")
final class KafkaClosingTest {
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration LONG = Duration.ofSeconds(60);

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void stop_and_close_return_although_the_broker_hangs(String protocol) {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka().withProcess());
    String topic = KafkaLab.topic();
    AtomicInteger handled = new AtomicInteger();
    Messaging messaging =
        KafkaLab.open(broker, protocol, "application", topic, "kafka.commit-interval", "1h");
    Consumer consumer =
        KafkaLoad.consumer(messaging, topic, "g", 1, message -> handled.incrementAndGet());
    messaging.producer().publish(Message.builder(topic).text("x").build());
    Eventually.await("it", LONG, () -> handled.get() == 1);

    broker.node().pause();
    try {
      messaging.producer().publishAsync(Message.builder(topic).text("no answer").build());
      long began = System.nanoTime();
      assertThat(consumer.stop(SOON).acked()).isEqualTo(1);
      messaging.close(SOON);
      // Each a second more than it was given, and what a busy machine takes.
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
      Eventually.await("no thread of it", LONG, () -> threads(topic) == 0);
    } finally {
      broker.node().resume();
    }
  }

  private static long threads(String application) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.isAlive() && thread.getName().contains(application))
        .count();
  }
}
