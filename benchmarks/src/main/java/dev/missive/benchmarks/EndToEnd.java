package dev.missive.benchmarks;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.spi.DeliveryListener;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The overhead of the runtime over an adapter that does nothing, and the in-memory broker beside a
 * bare queue. Each figure is the median of interleaved rounds; nothing is asserted.
 */
public final class EndToEnd {
  private static final int ROUNDS = 11;
  private static final int MESSAGES = 300_000;
  private static final int KEYS = 1000;
  private static final byte[] PAYLOAD = new byte[1024];

  private EndToEnd() {}

  /**
   * Measures and prints.
   *
   * @param args none
   * @throws InterruptedException if interrupted
   */
  public static void main(String[] args) throws InterruptedException {
    long began = System.nanoTime();
    try (Messaging messaging = Messaging.builder().setting("broker", "memory").open()) {
      System.out.printf(
          "open() with the in-memory broker, cold: %d ms (%s)%n",
          (System.nanoTime() - began) / 1_000_000, messaging.health().connection().state());
    }
    publishPath();
    consumePath(1);
    consumePath(64);
    memory(1);
    memory(4);
  }

  private static void publishPath() {
    NoopBroker noop = new NoopBroker();
    try (Messaging messaging =
        Messaging.builder().providers(noop).setting("broker", "noop").open()) {
      messaging.start();
      Producer producer = messaging.producerBuilder().completeOn(Runnable::run).build();
      Message message = Message.of("bench", "key", PAYLOAD);
      long[] nanos = new long[ROUNDS];
      long[] bytes = new long[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        long allocated = allocated();
        long start = System.nanoTime();
        for (int i = 0; i < MESSAGES; i++) {
          producer.publishAsync(message);
        }
        nanos[round] = (System.nanoTime() - start) / MESSAGES;
        bytes[round] = (allocated() - allocated) / MESSAGES;
      }
      System.out.printf(
          "publish path over a no-op adapter: %d ns, %d B per message%n",
          median(nanos), median(bytes));
    }
  }

  private static void consumePath(int concurrency) throws InterruptedException {
    NoopBroker noop = new NoopBroker();
    List<NoopBroker.Pushed> deliveries = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      deliveries.add(new NoopBroker.Pushed(Message.of("bench", "key" + i, PAYLOAD)));
    }
    AtomicLong handled = new AtomicLong();
    try (Messaging messaging =
        Messaging.builder().providers(noop).setting("broker", "noop").open()) {
      Consumer consumer =
          messaging
              .consumer("bench")
              .group("bench")
              .concurrency(concurrency)
              .maxInFlight(MESSAGES)
              .handler(m -> handled.incrementAndGet())
              .build();
      consumer.start();
      DeliveryListener listener = Objects.requireNonNull(noop.listener);
      long[] nanos = new long[ROUNDS];
      long[] bytes = new long[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        long before = handled.get();
        long allocated = allocatedByAll();
        long start = System.nanoTime();
        for (int i = 0; i < MESSAGES; i++) {
          // A window of a thousand, in runs of a hundred, as a client would push them.
          while (i % 100 == 0 && before + i - handled.get() > KEYS) {
            Thread.onSpinWait();
          }
          listener.delivered(deliveries.get(i % KEYS), i % 100 != 99);
        }
        while (handled.get() < before + MESSAGES) {
          Thread.onSpinWait();
        }
        nanos[round] = (System.nanoTime() - start) / MESSAGES;
        bytes[round] = (allocatedByAll() - allocated) / MESSAGES;
      }
      System.out.printf(
          "consume path over a no-op adapter, concurrency %d, %d keys: %d ns, %d B per message%n",
          concurrency, KEYS, median(nanos), median(bytes));
      consumer.stop(Duration.ofSeconds(5));
    }
  }

  private static void memory(int producers) throws InterruptedException {
    long[] queue = new long[ROUNDS];
    long[] broker = new long[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      queue[round] = bareQueue(producers);
      broker[round] = broker(producers, round);
    }
    System.out.printf(
        Locale.ROOT,
        "in-memory broker, %d producer(s): %,d/s; bare LinkedBlockingQueue: %,d/s; ratio %.2f%n",
        producers,
        median(broker),
        median(queue),
        (double) median(broker) / median(queue));
  }

  private static long bareQueue(int producers) throws InterruptedException {
    LinkedBlockingQueue<byte[]> queue = new LinkedBlockingQueue<>(1000);
    long start = System.nanoTime();
    run(
        producers,
        share -> {
          for (int i = 0; i < share; i++) {
            put(queue);
          }
        });
    for (int i = 0; i < MESSAGES; i++) {
      queue.take();
    }
    return perSecond(System.nanoTime() - start);
  }

  private static void put(LinkedBlockingQueue<byte[]> queue) {
    try {
      queue.put(PAYLOAD);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long broker(int producers, int round) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    AtomicLong handled = new AtomicLong();
    String name = "bench-" + producers + "-" + round;
    try (Messaging messaging =
        Messaging.builder()
            .setting("broker", "memory")
            .setting("memory.name", name)
            .setting("memory.retain", "0")
            .setting("memory.dedup-window", "0s")
            .open()) {
      Consumer consumer =
          messaging
              .consumer("bench")
              .group("bench")
              .maxInFlight(1000)
              .handler(
                  m -> {
                    if (handled.incrementAndGet() == MESSAGES) {
                      done.countDown();
                    }
                  })
              .build();
      consumer.start();
      Producer producer = messaging.producer();
      long start = System.nanoTime();
      run(
          producers,
          share -> {
            for (int i = 0; i < share; i++) {
              producer.publishAsync(Message.of("bench", PAYLOAD));
            }
          });
      done.await();
      return perSecond(System.nanoTime() - start);
    }
  }

  private interface Job {
    void run(int share);
  }

  private static void run(int producers, Job job) {
    for (int p = 0; p < producers; p++) {
      new Thread(() -> job.run(MESSAGES / producers)).start();
    }
  }

  private static long perSecond(long nanos) {
    return MESSAGES * 1_000_000_000L / nanos;
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  private static long allocatedByAll() {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        .filter(b -> b > 0)
        .sum();
  }

  private static long median(long[] values) {
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
