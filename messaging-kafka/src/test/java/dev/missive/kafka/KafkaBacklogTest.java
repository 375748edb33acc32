package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.core.connect.SystemTime;
import dev.missive.spi.Time;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What waits in the client, while partitions that have nothing are asked for more. */
@Tag("broker")
final class KafkaBacklogTest {
  private static final int MESSAGES = 10_000;
  private static final int WINDOW = 10;

  /** A thousand windows, and a fetch that finds nothing takes half a second: 500 s if all wait. */
  private static final Duration LONG = Duration.ofSeconds(60);

  @Test
  void fetched_messages_do_not_wait_for_empty_partitions() {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    try (Messaging messaging = KafkaLab.open(broker, "classic")) {
      messaging.topology().declare(topic, "fast");
      for (int i = 0; i < MESSAGES; i++) {
        messaging.producer().publishAsync(Message.of(topic, "one partition", new byte[10]));
      }
      messaging.producer().flush();
      Consumer consumer =
          messaging
              .consumer(topic)
              .group("fast")
              .maxInFlight(WINDOW)
              .handler(message -> handled.add(message.id()))
              .build();
      consumer.start();

      Eventually.await("all are handled", LONG, () -> handled.size() == MESSAGES);

      assertThat(consumer.stop(Duration.ofSeconds(10)).complete()).isTrue();
    }
  }

  /**
   * All that was fetched is in the window, and the handlers are done when the poll thread is about
   * to wait for room: nobody would wake it.
   */
  @Test
  void room_that_was_made_a_moment_ago_is_seen() {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    try (SystemTime real = new SystemTime(Thread::new)) {
      MeetingClock clock = new MeetingClock(real);
      try (Messaging messaging =
          KafkaLab.builder(broker.url(), "classic", "kafka.client.max.poll.records", "" + WINDOW)
              .time(clock)
              .open()) {
        messaging.topology().declare(topic, "late");
        for (int i = 0; i < 100 * WINDOW; i++) {
          messaging.producer().publishAsync(Message.of(topic, "one partition", new byte[10]));
        }
        messaging.producer().flush();
        messaging
            .consumer(topic)
            .group("late")
            .maxInFlight(WINDOW)
            .handler(message -> clock.handle())
            .build()
            .start();

        // A hundred waits of half a second would be 50.
        Eventually.await(
            "all are handled", Duration.ofSeconds(30), () -> clock.handled.get() == 100 * WINDOW);
      }
    }
  }

  /**
   * A clock at which handlers and poll thread meet: handlers wait until the poll thread asks for
   * the time, and that waits until a window was handled, 20 ms where there is none.
   */
  private static final class MeetingClock implements Time {
    final AtomicInteger handled = new AtomicInteger();
    private final Time real;
    private volatile boolean asked;

    MeetingClock(Time real) {
      this.real = real;
    }

    void handle() {
      until(1_000_000_000, () -> asked);
      handled.incrementAndGet();
    }

    @Override
    public Instant now() {
      if (Thread.currentThread().getName().contains("-poll-")) {
        int window = handled.get() + WINDOW;
        asked = true;
        until(20_000_000, () -> handled.get() >= window);
        asked = false;
      }
      return real.now();
    }

    private static void until(long nanos, BooleanSupplier met) {
      long end = System.nanoTime() + nanos;
      while (!met.getAsBoolean() && System.nanoTime() - end < 0) {
        Thread.onSpinWait();
      }
    }

    @Override
    public long nanos() {
      return real.nanos();
    }

    @Override
    public Runnable schedule(Duration after, Runnable task) {
      return real.schedule(after, task);
    }
  }

  /** Retry topics are nearly always empty, and the broker holds a fetch that finds nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_backlog_does_not_wait_for_fetches_from_empty_retry_topics(String protocol) {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    AtomicInteger handled = new AtomicInteger();
    try (Messaging messaging =
        KafkaLab.open(
            broker,
            protocol,
            "kafka.partitions",
            "1",
            // A fetch brings more than a poll, a poll more than the window; each fetch would wait
            // 10 s.
            "kafka.client.max.partition.fetch.bytes",
            "100000",
            "kafka.client.max.poll.records",
            "50",
            "kafka.client.fetch.max.wait.ms",
            "10000")) {
      messaging.topology().declare(topic, "g");
      for (int i = 0; i < 2000; i++) {
        messaging.producer().publishAsync(Message.of(topic, "k", new byte[1000]));
      }
      messaging.producer().flush();
      messaging
          .consumer(topic)
          .group("g")
          .maxInFlight(WINDOW)
          .handler(message -> handled.incrementAndGet())
          .build()
          .start();

      Eventually.await("all are handled", LONG, () -> handled.get() == 2000);
    }
  }
}
