package dev.missive.benchmarks;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Runs handlers of the raw side: one where the client delivers, several on a pool behind it.
 * Thread-safe.
 */
final class Handlers {
  private static final long PATIENCE_SECONDS = 30;

  private final ExecutorService pool;
  private final boolean several;

  Handlers(int handlers) {
    several = handlers > 1;
    pool = Executors.newFixedThreadPool(handlers);
  }

  void run(Runnable handling) {
    if (several) {
      pool.execute(handling);
    } else {
      handling.run();
    }
  }

  /** Takes no more, and waits for those that run. */
  void stop() throws InterruptedException {
    pool.shutdown();
    if (!pool.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("handlers hang");
    }
  }
}
