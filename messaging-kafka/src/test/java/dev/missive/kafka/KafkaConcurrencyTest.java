package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What concurrency by key is for: one partition, a handler that waits, 200 keys. Kafka's own
 * consumer would handle one message after another; how much faster this is {@code ./run bench
 * --broker kafka} says.
 */
@Tag("broker")
@Tag("full")
final class KafkaConcurrencyTest {
  private static final String GROUP = "billing";
  private static final int KEYS = 200;
  private static final int MESSAGES = 20_000;
  private static final int AT_ONCE = 100;
  private static final long HANDLER_NANOS = 10_000_000;
  private static final Duration LONG = Duration.ofSeconds(120);

  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
  private final String topic = KafkaLab.topic();

  @Test
  void a_hundred_keys_of_one_partition_are_handled_at_once() {
    CountDownLatch inside = new CountDownLatch(AT_ONCE);
    AtomicInteger handled = new AtomicInteger();

    consume(
        KEYS,
        i -> i,
        message -> {
          inside.countDown();
          // Nobody leaves before all of them are there.
          assertThat(inside.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
          handled.incrementAndGet();
        },
        () -> handled.get() == KEYS);

    assertThat(inside.getCount()).isZero();
  }

  @Test
  void keys_in_turn_keep_their_order() {
    handlesInOrder(i -> i % KEYS);
  }

  @Test
  void scattered_keys_keep_their_order_too() {
    Random random = new Random(7);
    handlesInOrder(i -> random.nextInt(KEYS));
  }

  private void handlesInOrder(IntUnaryOperator keys) {
    Map<String, ConcurrentLinkedQueue<Integer>> seen = new ConcurrentHashMap<>();
    Map<String, AtomicInteger> running = new ConcurrentHashMap<>();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger handled = new AtomicInteger();

    consume(
        MESSAGES,
        keys,
        message -> {
          String key = text(message.key());
          AtomicInteger now = running.computeIfAbsent(key, k -> new AtomicInteger());
          overlaps.addAndGet(now.getAndIncrement());
          seen.computeIfAbsent(key, k -> new ConcurrentLinkedQueue<>())
              .add(Integer.parseInt(text(message.payload())));
          LockSupport.parkNanos(HANDLER_NANOS);
          now.decrementAndGet();
          handled.incrementAndGet();
        },
        () -> handled.get() >= MESSAGES);

    assertThat(handled).hasValue(MESSAGES);
    assertThat(overlaps).as("runs of one key at the same time").hasValue(0);
    assertThat(seen.values())
        .allSatisfy(numbers -> assertThat(List.copyOf(numbers)).isSorted().doesNotHaveDuplicates());
  }

  /** Publishes first, then handles all of it. */
  private void consume(
      int messages, IntUnaryOperator keys, Handler handler, BooleanSupplier finished) {
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
              .concurrency(AT_ONCE)
              .maxInFlight(1000)
              .handler(handler)
              .build();
      consumer.start();
      Eventually.await("all are handled", LONG, finished);
      assertThat(consumer.stop(Duration.ofSeconds(10)).complete()).isTrue();
    }
  }

  private static String text(byte[] bytes) {
    return new String(Objects.requireNonNull(bytes), StandardCharsets.UTF_8);
  }
}
