package dev.missive.benchmarks;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.Receipt;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What the runtime adds to a publish, over an adapter that stores nothing. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class PublishPath {
  private final Messaging messaging =
      Messaging.builder().providers(new NoopBroker()).setting("broker", "noop").open();
  private final Producer producer = messaging.producerBuilder().completeOn(Runnable::run).build();
  private final Message message = Message.of("bench", "key", new byte[1024]);

  /** Connects. */
  @Setup
  public void start() {
    messaging.start();
  }

  /** Closes. */
  @TearDown
  public void close() {
    messaging.close();
  }

  /**
   * One message.
   *
   * @return its receipt
   */
  @Benchmark
  public CompletionStage<Receipt> publish() {
    return producer.publishAsync(message);
  }
}
