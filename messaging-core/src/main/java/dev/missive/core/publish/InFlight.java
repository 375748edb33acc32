package dev.missive.core.publish;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/** What one producer has accepted and not completed, so that closing it can wait. Thread-safe. */
final class InFlight {
  private final AtomicLong count = new AtomicLong();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private volatile boolean closed;

  /** Counts one more; false if the producer is closed. */
  boolean begin() {
    // Counted before looking, so that close() cannot miss one that passed.
    count.incrementAndGet();
    if (closed) {
      end();
      return false;
    }
    return true;
  }

  void end() {
    if (count.decrementAndGet() == 0 && closed) {
      drained.complete(null);
    }
  }

  boolean closed() {
    return closed;
  }

  /** Lets nothing more begin; completes when everything has ended. */
  CompletionStage<Void> close() {
    closed = true;
    if (count.get() == 0) {
      drained.complete(null);
    }
    return drained;
  }
}
