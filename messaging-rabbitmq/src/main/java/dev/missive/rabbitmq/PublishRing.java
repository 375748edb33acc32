package dev.missive.rabbitmq;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one channel has published and the broker has not answered, by the number of the publish.
 * Grows while an old one has no answer. Thread-safe.
 */
final class PublishRing {
  private static final int FIRST_SIZE = 1024;

  private final Object lock = new Object();
  private @Nullable Attempt[] slots = new Attempt[FIRST_SIZE];
  private long oldest = 1;
  private long newest;

  /** Numbers come without gaps. */
  void put(long number, Attempt attempt) {
    synchronized (lock) {
      while (number - oldest >= slots.length) {
        grow();
      }
      if (oldest > newest) {
        oldest = number;
      }
      slots[slot(number)] = attempt;
      newest = number;
    }
  }

  /** The one with that number; null if it was taken before. */
  @Nullable Attempt take(long number) {
    synchronized (lock) {
      if (number < oldest || number > newest) {
        return null;
      }
      Attempt attempt = slots[slot(number)];
      slots[slot(number)] = null;
      advance();
      return attempt;
    }
  }

  /** Everything up to that number, in order. */
  void takeUpTo(long number, List<Attempt> into) {
    synchronized (lock) {
      for (long n = oldest; n <= number && n <= newest; n++) {
        Attempt attempt = slots[slot(n)];
        if (attempt != null) {
          slots[slot(n)] = null;
          into.add(attempt);
        }
      }
      advance();
    }
  }

  /** Everything, in order. */
  void takeAll(List<Attempt> into) {
    takeUpTo(Long.MAX_VALUE, into);
  }

  /** Takes the oldest if it was begun before that moment of {@code Time.nanos()}. */
  @Nullable Attempt takeOlderThan(long nanos) {
    synchronized (lock) {
      if (oldest > newest) {
        return null;
      }
      Attempt attempt = slots[slot(oldest)];
      if (attempt == null || attempt.begun - nanos >= 0) {
        return null;
      }
      slots[slot(oldest)] = null;
      advance();
      return attempt;
    }
  }

  boolean isEmpty() {
    synchronized (lock) {
      return oldest > newest;
    }
  }

  private int slot(long number) {
    return (int) (number & (slots.length - 1));
  }

  private void advance() {
    while (oldest <= newest && slots[slot(oldest)] == null) {
      oldest++;
    }
  }

  private void grow() {
    @Nullable Attempt[] old = slots;
    @Nullable Attempt[] bigger = new Attempt[old.length * 2];
    for (long n = oldest; n <= newest; n++) {
      bigger[(int) (n & (bigger.length - 1))] = old[(int) (n & (old.length - 1))];
    }
    slots = bigger;
  }
}
