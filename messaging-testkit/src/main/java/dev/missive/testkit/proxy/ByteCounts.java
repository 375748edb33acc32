package dev.missive.testkit.proxy;

import java.util.concurrent.atomic.AtomicLongArray;

/** A count of bytes for each direction. Thread-safe. */
final class ByteCounts {
  private final AtomicLongArray counts = new AtomicLongArray(Direction.values().length);

  void add(Direction direction, long bytes) {
    counts.addAndGet(direction.ordinal(), bytes);
  }

  long of(Direction direction) {
    return counts.get(direction.ordinal());
  }
}
