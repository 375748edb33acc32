package dev.missive.benchmarks;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** What is done with a client, and the aims of issues 2, 4, 5 and 6. Immutable. */
final class Scenarios {
  /** Before this many nanoseconds sleeping ends and spinning begins: a sleeper wakes up late. */
  private static final long SPIN_NANOS = 100_000;

  private static final Aim NEAR_RAW = Aim.atLeast(0.95);
  private static final Aim HALF_OF_RAW = Aim.atLeast(0.5);
  private static final Aim ONE_MICROSECOND_MORE = Aim.atMost(1);
  private static final Aim A_TENTH_MORE = Aim.atMost(1.1);

  private final Load load;

  Scenarios(Load load) {
    this.load = load;
  }

  /** Publishes as fast as the window allows, until the last is confirmed. */
  Scenario publish() {
    return new Scenario("publish, confirmed", used(NEAR_RAW, ONE_MICROSECOND_MORE), this::publish);
  }

  /** The same, only so that there is something to consume. */
  Scenario refill() {
    return new Scenario("publish again", Map.of(), this::publish);
  }

  /** Consumes what was published. */
  Scenario consume(int handlers) {
    return new Scenario(
        "consume, " + (handlers == 1 ? "1 handler" : handlers + " handlers"),
        used(NEAR_RAW, ONE_MICROSECOND_MORE),
        side -> consume(side, handlers));
  }

  /** The same, only so that nothing is left. */
  Scenario drain() {
    return new Scenario("consume again", Map.of(), side -> consume(side, 1));
  }

  /** A moderate rate, so that nothing queues unless something is slow. */
  Scenario latency() {
    Map<Metric, @Nullable Aim> aims = new EnumMap<>(Metric.class);
    aims.put(Metric.P50, null);
    aims.put(Metric.P99, A_TENTH_MORE);
    return new Scenario("publish to handler at " + load.rate() + "/s", aims, this::latency);
  }

  /** Publishes and consumes at the same time. */
  Scenario handOver(int producers) {
    return new Scenario(
        "hand-over, " + (producers == 1 ? "1 producer" : producers + " producers"),
        used(HALF_OF_RAW, null),
        side -> handOver(side, producers));
  }

  private static Map<Metric, @Nullable Aim> used(Aim throughput, @Nullable Aim cpu) {
    Map<Metric, @Nullable Aim> aims = new EnumMap<>(Metric.class);
    aims.put(Metric.THROUGHPUT, throughput);
    aims.put(Metric.CPU, cpu);
    aims.put(Metric.ALLOCATED, null);
    return aims;
  }

  private Sample publish(Side side) throws Exception {
    int count = load.messages();
    Confirmations confirmations = new Confirmations(count);
    long first = side.publish(count);
    Usage begin = Usage.now();
    for (int i = 0; i < count; i++) {
      side.client.publish(side.body(first + i, begin.nanos()), confirmations);
    }
    confirmations.await(load.patience());
    String problem = confirmations.problem();
    return problem == null ? confirmations.since(begin) : Sample.failed(problem);
  }

  private Sample consume(Side side, int handlers) throws Exception {
    Tally tally = side.consume(load.messages(), load.messages() / 10);
    Client.Intake intake = side.client.consume(handlers, tally);
    tally.await(load.patience());
    intake.stop();
    String problem = tally.problem();
    return problem == null ? tally.sample() : Sample.failed(problem);
  }

  private Sample latency(Side side) throws Exception {
    int count = load.paced();
    Tally tally = side.consume(count, count / 10);
    Confirmations confirmations = new Confirmations(count);
    long first = side.publish(count);
    Client.Intake intake = side.client.consume(1, tally);
    double interval = 1e9 / load.rate();
    long begin = System.nanoTime() + SPIN_NANOS;
    for (int i = 0; i < count; i++) {
      // When it was to be sent, and not when it could be: who has to wait is late already.
      long due = begin + (long) (i * interval);
      waitUntil(due);
      side.client.publish(side.body(first + i, due), confirmations);
    }
    confirmations.await(load.patience());
    tally.await(load.patience());
    intake.stop();
    String problem = first(confirmations.problem(), tally.problem());
    return problem == null ? Sample.latency(tally.latencyMicros()) : Sample.failed(problem);
  }

  private Sample handOver(Side side, int producers) throws Exception {
    int count = load.messages() / producers * producers;
    Tally tally = side.consume(count, count / 10);
    Confirmations confirmations = new Confirmations(count);
    long first = side.publish(count);
    Client.Intake intake = side.client.consume(1, tally);
    for (int p = 0; p < producers; p++) {
      long from = first + (long) p * (count / producers);
      Runnable share =
          () -> {
            publishShare(side, from, count / producers, confirmations);
            // What a thread has used is counted as long as it lives.
            tally.await(load.patience());
          };
      new Thread(share, "producer-" + p).start();
    }
    confirmations.await(load.patience());
    tally.await(load.patience());
    intake.stop();
    String problem = first(confirmations.problem(), tally.problem());
    return problem == null ? tally.sample() : Sample.failed(problem);
  }

  private static void publishShare(Side side, long first, int count, Confirmations confirmations) {
    try {
      for (int i = 0; i < count; i++) {
        side.client.publish(side.body(first + i, System.nanoTime()), confirmations);
      }
    } catch (Exception e) {
      confirmations.failed(e);
    }
  }

  private static void waitUntil(long due) {
    long left = due - System.nanoTime();
    while (left > 0) {
      if (left > SPIN_NANOS) {
        LockSupport.parkNanos(left - SPIN_NANOS);
      } else {
        Thread.onSpinWait();
      }
      left = due - System.nanoTime();
    }
  }

  private static @Nullable String first(@Nullable String one, @Nullable String other) {
    return one == null ? other : one;
  }
}
