package dev.missive.testkit.contract;

import dev.missive.spi.Time;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** How a test waits: by moving a virtual clock, or by watching the real one. Thread-safe. */
interface Clock {
  /** The clock as runtime and adapters see it. */
  Time time();

  Instant now();

  /** Lets time pass. */
  void pass(Duration duration);

  /** Waits until something is so. */
  void await(String what, Duration atMost, BooleanSupplier condition);

  /** What a busy machine may add to a wait. */
  Duration slack();

  /** Calls something that may wait for this clock; throws what it throws. */
  default <T> T call(String what, Duration atMost, Supplier<T> task) {
    CompletableFuture<T> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                done.complete(task.get());
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            },
            "missive-kit-call");
    thread.setDaemon(true);
    thread.start();
    await(what, atMost, done::isDone);
    try {
      return done.join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RuntimeException runtime) {
        throw runtime;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw e;
    }
  }

  /** The real clock: time passes by itself. */
  final class Real implements Clock {
    private static final long PAUSE_NANOS = 1_000_000;
    private final Time time = RealTime.SHARED;

    @Override
    public Time time() {
      return time;
    }

    @Override
    public Instant now() {
      return Instant.now();
    }

    @Override
    public void pass(Duration duration) {
      long end = System.nanoTime() + duration.toNanos();
      while (System.nanoTime() - end < 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }

    @Override
    public void await(String what, Duration atMost, BooleanSupplier condition) {
      Eventually.await(what, atMost, condition);
    }

    @Override
    public Duration slack() {
      return Duration.ofSeconds(10);
    }
  }

  /** A clock that is moved in small steps while the test waits. */
  final class Virtual implements Clock {
    private final VirtualTime time;

    Virtual(VirtualTime time) {
      this.time = time;
    }

    @Override
    public Time time() {
      return time;
    }

    @Override
    public Instant now() {
      return time.now();
    }

    @Override
    public void pass(Duration duration) {
      time.advance(duration);
    }

    @Override
    public void await(String what, Duration atMost, BooleanSupplier condition) {
      time.await(what, atMost, condition);
    }

    @Override
    public Duration slack() {
      return Duration.ZERO;
    }
  }
}
