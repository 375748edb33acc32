package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What concurrency by key is for: one partition, a handler that waits 10 ms, 200 keys. Kafka's own
 * consumer would handle one message after another.
 */
@Tag("broker")
@Tag("full")
final class KafkaConcurrencyTest {
  private static final String GROUP = "billing";
  private static final int KEYS = 200;
  private static final int MESSAGES = 20_000;
  private static final int ONE_AT_A_TIME = 500;
  private static final long HANDLER_NANOS = 10_000_000;
  private static final int AT_ONCE = 80;

  /** Of a hundred that could run. A busy machine leaves handlers without messages meanwhile. */
  private static final int ON_AVERAGE = 20;

  private static final Duration LONG = Duration.ofSeconds(120);

  private final AtomicInteger mostAtOnce = new AtomicInteger();

  /** What all handlers took, against the time that passed meanwhile. */
  private volatile double onAverage;

  @Test
  void keys_in_turn_are_handled_beside_each_other_in_order() {
    double single = perSecond(1, ONE_AT_A_TIME, i -> i % KEYS);

    double many = perSecond(100, MESSAGES, i -> i % KEYS);

    System.out.printf(
        "1 partition, 10 ms handler, %d keys in turn: %.0f/s at concurrency 100, %.1f/s at 1: %.1f times; %.1f handlers at once on average%n",
        KEYS, many, single, many / single, onAverage);
    // A busy machine lets each handler take longer, but keeps none from running beside the others.
    assertThat(mostAtOnce).hasValueGreaterThanOrEqualTo(AT_ONCE);
    assertThat(onAverage)
        .as("times faster than the same handlers in turn")
        .isGreaterThan(ON_AVERAGE);
  }

  @Test
  void scattered_keys_keep_their_order_too() {
    Random random = new Random(7);

    double many = perSecond(100, MESSAGES, i -> random.nextInt(KEYS));

    System.out.printf(
        "1 partition, 10 ms handler, %d keys at random: %.0f/s at concurrency 100%n", KEYS, many);
  }

  /** Publishes first, then handles all of it; from the first run to the last. */
  private double perSecond(int concurrency, int messages, IntUnaryOperator keys) {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    Map<String, ConcurrentLinkedQueue<Integer>> seen = new ConcurrentHashMap<>();
    Map<String, AtomicInteger> running = new ConcurrentHashMap<>();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger atOnce = new AtomicInteger();
    AtomicInteger handled = new AtomicInteger();
    AtomicLong inside = new AtomicLong();
    AtomicLong first = new AtomicLong();
    AtomicLong last = new AtomicLong();
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.partitions", "1")) {
      messaging.topology().declare(topic, GROUP);
      for (int i = 0; i < messages; i++) {
        messaging
            .producer()
            .publishAsync(
                Message.builder(topic).key("key-" + keys.applyAsInt(i)).text("" + i).build());
      }
      Consumer consumer =
          messaging
              .consumer(topic)
              .group(GROUP)
              .concurrency(concurrency)
              .maxInFlight(1000)
              .handler(
                  message -> {
                    long begin = System.nanoTime();
                    first.compareAndSet(0, begin);
                    String key = text(message.key());
                    AtomicInteger now = running.computeIfAbsent(key, k -> new AtomicInteger());
                    overlaps.addAndGet(now.getAndIncrement());
                    seen.computeIfAbsent(key, k -> new ConcurrentLinkedQueue<>())
                        .add(number(message));
                    mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                    LockSupport.parkNanos(HANDLER_NANOS);
                    atOnce.decrementAndGet();
                    now.decrementAndGet();
                    long over = System.nanoTime();
                    inside.addAndGet(over - begin);
                    last.accumulateAndGet(over, Math::max);
                    handled.incrementAndGet();
                  })
              .build();
      consumer.start();
      Eventually.await("all are handled", LONG, () -> handled.get() >= messages);
      assertThat(consumer.stop(Duration.ofSeconds(10)).complete()).isTrue();
    }
    assertThat(handled).hasValue(messages);
    assertThat(overlaps).as("runs of one key at the same time").hasValue(0);
    assertThat(seen.values())
        .allSatisfy(numbers -> assertThat(List.copyOf(numbers)).isSorted().doesNotHaveDuplicates());
    onAverage = (double) inside.get() / (last.get() - first.get());
    return (messages - 1) / ((last.get() - first.get()) / 1e9);
  }

  private static int number(ReceivedMessage message) {
    return Integer.parseInt(text(message.payload()));
  }

  private static String text(byte[] bytes) {
    return new String(Objects.requireNonNull(bytes), StandardCharsets.UTF_8);
  }
}
