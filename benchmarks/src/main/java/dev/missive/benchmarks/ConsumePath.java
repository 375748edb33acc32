package dev.missive.benchmarks;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.spi.DeliveryListener;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What the runtime adds to a delivery: key lane, handler, acknowledgement. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ConsumePath {
  private static final int MESSAGES = 10_000;
  private static final int KEYS = 1000;
  private static final int BURST = 100;

  /** How many handlers. */
  @Param({"1", "64"})
  public int concurrency;

  private final NoopBroker noop = new NoopBroker();
  private final NoopBroker.Pushed[] deliveries =
      IntStream.range(0, KEYS)
          .mapToObj(i -> new NoopBroker.Pushed(Message.of("bench", "key" + i, new byte[1024])))
          .toArray(NoopBroker.Pushed[]::new);
  private final AtomicLong handled = new AtomicLong();
  private final Messaging messaging =
      Messaging.builder().providers(noop).setting("broker", "noop").open();

  /** Subscribes. */
  @Setup
  public void start() {
    Consumer consumer =
        messaging
            .consumer("bench")
            .group("bench")
            .concurrency(concurrency)
            .maxInFlight(MESSAGES)
            .handler(message -> handled.incrementAndGet())
            .build();
    consumer.start();
  }

  /** Closes. */
  @TearDown
  public void close() {
    messaging.close();
  }

  /** Ten thousand messages in bursts, as a client would push them, at most a thousand at once. */
  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public void consume() {
    DeliveryListener listener = Objects.requireNonNull(noop.listener);
    long before = handled.get();
    for (int i = 0; i < MESSAGES; i++) {
      while (i % BURST == 0 && before + i - handled.get() > KEYS) {
        Thread.onSpinWait();
      }
      listener.delivered(deliveries[i % KEYS], i % BURST != BURST - 1);
    }
    while (handled.get() < before + MESSAGES) {
      Thread.onSpinWait();
    }
  }
}
