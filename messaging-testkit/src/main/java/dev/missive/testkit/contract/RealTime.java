package dev.missive.testkit.contract;

import dev.missive.spi.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The system's clock, for an adapter that runs without the runtime. Thread-safe. */
final class RealTime implements Time {
  static final RealTime SHARED = new RealTime();

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "missive-kit-timer");
            thread.setDaemon(true);
            return thread;
          });

  private RealTime() {}

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public Runnable schedule(Duration after, Runnable task) {
    Future<?> scheduled = timer.schedule(task, after.toNanos(), TimeUnit.NANOSECONDS);
    return () -> scheduled.cancel(false);
  }
}
