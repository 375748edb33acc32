package dev.missive.core.publish;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one producer has accepted and not completed, so that flushing and closing it can wait: for
 * that and nothing else, neither for what others publish nor for what comes later. Thread-safe.
 */
final class InFlight {
  private volatile Generation current = new Generation();
  private volatile boolean closed;

  /** Complete when everything before the current generation is; guarded by this. */
  private CompletableFuture<Void> before = CompletableFuture.completedFuture(null);

  /** What began between two flushes. */
  static final class Generation {
    private final AtomicLong count = new AtomicLong();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile boolean over;

    /** One of it is complete. */
    void end() {
      if (count.decrementAndGet() == 0 && over) {
        drained.complete(null);
      }
    }

    private CompletableFuture<Void> over() {
      over = true;
      if (count.get() == 0) {
        drained.complete(null);
      }
      return drained;
    }
  }

  /** Counts one more and gives what has to be told of its end; null if the producer is closed. */
  @Nullable Generation begin() {
    while (true) {
      Generation now = current;
      // Counted before looking, so that nobody can miss one that passed.
      now.count.incrementAndGet();
      boolean in = now == current;
      if (in && !closed) {
        return now;
      }
      now.end();
      if (in) {
        return null;
      }
    }
  }

  boolean closed() {
    return closed;
  }

  /** Whether it was closed and everything has ended. */
  synchronized boolean ended() {
    return closed && before.isDone();
  }

  /** Completes when everything that has begun has ended. */
  synchronized CompletionStage<Void> flush() {
    Generation last = current;
    current = new Generation();
    before = CompletableFuture.allOf(before, last.over());
    return before;
  }

  /** Lets nothing more begin; completes when everything has ended. */
  CompletionStage<Void> close() {
    closed = true;
    return flush();
  }
}
