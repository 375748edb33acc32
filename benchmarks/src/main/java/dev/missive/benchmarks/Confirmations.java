package dev.missive.benchmarks;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Counts what the broker has confirmed. Thread-safe. */
final class Confirmations implements Client.Confirmation {
  private final int count;
  private final AtomicInteger stored = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile @Nullable Usage end;

  Confirmations(int count) {
    this.count = count;
  }

  @Override
  public void stored() {
    if (stored.incrementAndGet() == count) {
      end = Usage.now();
      done.countDown();
    }
  }

  @Override
  public void failed(Throwable why) {
    failure.compareAndSet(null, why);
    done.countDown();
  }

  /** Waits for the last, or for a failure. */
  void await(long seconds) throws InterruptedException {
    done.await(seconds, TimeUnit.SECONDS);
  }

  /** Why the figures are worth nothing; null if all were stored, each once. */
  @Nullable String problem() {
    Throwable why = failure.get();
    if (why != null) {
      return "a publish failed: " + why;
    }
    return stored.get() == count ? null : "confirmed " + stored.get() + " of " + count;
  }

  /** Until the last; only after that was confirmed. */
  Sample since(Usage begin) {
    Usage last = end;
    if (last == null) {
      throw new IllegalStateException("not all are confirmed");
    }
    return Sample.between(begin, last, count);
  }
}
