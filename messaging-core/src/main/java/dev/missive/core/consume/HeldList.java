package dev.missive.core.consume;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Everything a subscription holds, oldest first. Guarded by the lock of its {@link Flow}. */
final class HeldList {
  private @Nullable Held head;
  private @Nullable Held tail;
  private int size;
  private long bytes;
  private long sequence;

  void add(Held held) {
    held.sequence = sequence++;
    held.previous = tail;
    if (tail == null) {
      head = held;
    } else {
      tail.next = held;
    }
    tail = held;
    size++;
    bytes += held.bytes;
  }

  void remove(Held held) {
    if (held.previous == null) {
      head = held.next;
    } else {
      held.previous.next = held.next;
    }
    if (held.next == null) {
      tail = held.previous;
    } else {
      held.next.previous = held.previous;
    }
    held.previous = null;
    held.next = null;
    size--;
    bytes -= held.bytes;
  }

  int size() {
    return size;
  }

  long bytes() {
    return bytes;
  }

  /** Those that match, oldest first. */
  List<Held> select(Predicate<Held> which) {
    List<Held> selected = new ArrayList<>();
    for (Held held = head; held != null; held = held.next) {
      if (which.test(held)) {
        selected.add(held);
      }
    }
    return selected;
  }

  /** The oldest that matches; null if none does. */
  @Nullable Held first(Predicate<Held> which) {
    for (Held held = head; held != null; held = held.next) {
      if (which.test(held)) {
        return held;
      }
    }
    return null;
  }
}
