package dev.missive.benchmarks;

import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * Counts what has come, and measures from the first that counts to the last. What others left
 * behind is passed over. Thread-safe.
 */
final class Tally implements Client.Receiver {
  private static final int NUMBER = Long.BYTES;
  private static final int DUE = 2 * Long.BYTES;

  private final long mark;
  private final long first;
  private final int count;
  private final int unmeasured;
  private final AtomicIntegerArray seen;
  private final long[] latencies;
  private final AtomicInteger distinct = new AtomicInteger();
  private final AtomicInteger again = new AtomicInteger();
  private final CountDownLatch all = new CountDownLatch(1);
  private volatile @Nullable Usage begin;
  private volatile @Nullable Usage end;

  /**
   * Makes one.
   *
   * @param mark what each message begins with
   * @param first the number of the first message
   * @param count how many are to come
   * @param unmeasured after how many of them measuring begins, less than {@code count}
   */
  Tally(long mark, long first, int count, int unmeasured) {
    this.mark = mark;
    this.first = first;
    this.count = count;
    this.unmeasured = unmeasured;
    this.seen = new AtomicIntegerArray(count);
    this.latencies = new long[count];
  }

  @Override
  public void received(ByteBuffer body) {
    long now = System.nanoTime();
    int at = body.position();
    if (body.remaining() != Side.BODY || body.getLong(at) != mark) {
      return;
    }
    long index = body.getLong(at + NUMBER) - first;
    if (index < 0 || index >= count || seen.getAndIncrement((int) index) > 0) {
      again.incrementAndGet();
      return;
    }
    latencies[(int) index] = now - body.getLong(at + DUE);
    int number = distinct.incrementAndGet();
    if (number == unmeasured + 1) {
      begin = Usage.now();
    }
    if (number == count) {
      end = Usage.now();
      all.countDown();
    }
  }

  /** Waits for the last, or until interrupted. */
  void await(long seconds) {
    try {
      all.await(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Why the figures are worth nothing; null if each message came once. */
  @Nullable String problem() {
    if (distinct.get() < count) {
      return "received " + distinct.get() + " of " + count;
    }
    return again.get() > 0 ? again.get() + " came again" : null;
  }

  /** From the first that counts to the last, both included; only after the last has come. */
  Sample sample() {
    Usage from = begin;
    Usage to = end;
    if (from == null || to == null) {
      throw new IllegalStateException("not all have come");
    }
    return Sample.between(from, to, count - unmeasured - 1);
  }

  /** How long after it was due each message was there, in order, those unmeasured left out. */
  double[] latencyMicros() {
    double[] micros = new double[count - unmeasured];
    for (int i = 0; i < micros.length; i++) {
      micros[i] = latencies[unmeasured + i] / 1000.0;
    }
    return micros;
  }
}
