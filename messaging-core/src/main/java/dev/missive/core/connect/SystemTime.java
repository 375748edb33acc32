package dev.missive.core.connect;

import dev.missive.spi.Time;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The real clock, with one daemon thread for timers that is started by the first of them.
 * Thread-safe.
 */
public final class SystemTime implements Time, AutoCloseable {
  private static final Logger LOG = System.getLogger(SystemTime.class.getName());

  private final ScheduledThreadPoolExecutor timers;

  /**
   * Makes one.
   *
   * @param threads makes the timer thread
   */
  public SystemTime(ThreadFactory threads) {
    timers = new ScheduledThreadPoolExecutor(1, threads);
    timers.setRemoveOnCancelPolicy(true);
    // A timer set while everything closes is one that nobody waits for.
    timers.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    timers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

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
    ScheduledFuture<?> future =
        timers.schedule(() -> run(task), Nanos.of(after), TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  /** Ends the thread; what is scheduled is never run. */
  @Override
  public void close() {
    timers.shutdownNow();
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable t) {
      LOG.log(Level.ERROR, "a timer of the runtime failed", t);
    }
  }
}
