package dev.missive.testkit.contract;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Work on threads beside the test. */
final class Beside {
  private static final long PAUSE_NANOS = 1_000_000;

  private Beside() {}

  static CompletableFuture<Void> run(Runnable task) {
    return run(null, task);
  }

  /** In a group of its own; null for that of the test. */
  static CompletableFuture<Void> run(@Nullable ThreadGroup group, Runnable task) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            group,
            () -> {
              try {
                task.run();
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            },
            "missive-kit-background");
    thread.setDaemon(true);
    thread.start();
    return done;
  }

  /** Waits as a handler does that ignores its interrupt. */
  static void passUninterrupted(CountDownLatch gate) {
    boolean through = false;
    while (!through) {
      try {
        gate.await();
        through = true;
      } catch (InterruptedException e) {
        // Ignored on purpose.
      }
    }
  }

  /** Ends as the work ended: what it asserted is thrown as it was. */
  static void join(CompletableFuture<Void> work) {
    try {
      work.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof AssertionError failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** Waits on such a thread, while the test's own moves the clock. */
  static void await(Lab lab, String what, BooleanSupplier condition) {
    Instant end = lab.now().plus(lab.broker().readyTimeout());
    while (!condition.getAsBoolean()) {
      if (lab.now().isAfter(end) && !condition.getAsBoolean()) {
        throw new AssertionError("waited until " + end + " in vain for: " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
