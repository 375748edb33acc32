package dev.missive.rabbitmq;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one channel has published and the broker has not answered, by the number of the publish.
 * Grows while an old one has no answer. Thread-safe.
 */
final class RabbitInFlight {
  private static final int FIRST_SIZE = 1024;

  private final Object lock = new Object();
  private @Nullable Send[] slots = new Send[FIRST_SIZE];
  private long oldest = 1;
  private long newest;

  /** Numbers come without gaps. */
  void put(long number, Send send) {
    synchronized (lock) {
      while (number - oldest >= slots.length) {
        grow();
      }
      if (oldest > newest) {
        oldest = number;
      }
      slots[slot(number)] = send;
      newest = number;
    }
  }

  /** The one with that number; null if it was taken before. */
  @Nullable Send take(long number) {
    synchronized (lock) {
      if (number < oldest || number > newest) {
        return null;
      }
      Send send = slots[slot(number)];
      slots[slot(number)] = null;
      advance();
      return send;
    }
  }

  /** Everything up to that number, in order. */
  void takeUpTo(long number, List<Send> into) {
    synchronized (lock) {
      for (long n = oldest; n <= number && n <= newest; n++) {
        Send send = slots[slot(n)];
        if (send != null) {
          slots[slot(n)] = null;
          into.add(send);
        }
      }
      advance();
    }
  }

  /** Everything, in order. */
  void takeAll(List<Send> into) {
    takeUpTo(Long.MAX_VALUE, into);
  }

  /** Takes the oldest if it was begun before that moment of {@code Time.nanos()}. */
  @Nullable Send takeOlderThan(long nanos) {
    synchronized (lock) {
      if (oldest > newest) {
        return null;
      }
      Send send = slots[slot(oldest)];
      if (send == null || send.begun - nanos >= 0) {
        return null;
      }
      slots[slot(oldest)] = null;
      advance();
      return send;
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
    @Nullable Send[] old = slots;
    @Nullable Send[] bigger = new Send[old.length * 2];
    for (long n = oldest; n <= newest; n++) {
      bigger[(int) (n & (bigger.length - 1))] = old[(int) (n & (old.length - 1))];
    }
    slots = bigger;
  }
}
