package dev.missive.core.publish;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The messages that have been taken and are not complete, in the order they were taken. Linked
 * through the messages themselves, so that taking and removing one allocates nothing. Guarded by
 * the {@link Outbox}.
 */
final class Pending {
  private @Nullable Outgoing head;
  private @Nullable Outgoing tail;

  void add(Outgoing outgoing) {
    outgoing.previous = tail;
    if (tail == null) {
      head = outgoing;
    } else {
      tail.next = outgoing;
    }
    tail = outgoing;
  }

  /** Takes one out; it is complete. */
  void remove(Outgoing outgoing) {
    outgoing.state = Outgoing.State.DONE;
    if (outgoing.previous == null) {
      head = outgoing.next;
    } else {
      outgoing.previous.next = outgoing.next;
    }
    if (outgoing.next == null) {
      tail = outgoing.previous;
    } else {
      outgoing.next.previous = outgoing.previous;
    }
    outgoing.previous = null;
    outgoing.next = null;
  }

  /** Takes out all that match. */
  List<Outgoing> removeAll(Predicate<Outgoing> which) {
    List<Outgoing> removed = new ArrayList<>();
    for (Outgoing o = head; o != null; ) {
      Outgoing following = o.next;
      if (which.test(o)) {
        remove(o);
        removed.add(o);
      }
      o = following;
    }
    return removed;
  }

  /** What waits to be sent, in order. */
  List<Outgoing> queued() {
    List<Outgoing> queued = new ArrayList<>();
    for (Outgoing o = head; o != null; o = o.next) {
      if (o.state == Outgoing.State.QUEUED) {
        queued.add(o);
      }
    }
    return queued;
  }

  /** The earliest deadline; {@link Long#MAX_VALUE} if there is none. */
  long nextDeadline() {
    long next = Long.MAX_VALUE;
    for (Outgoing o = head; o != null; o = o.next) {
      next = Math.min(next, o.deadlineNanos);
    }
    return next;
  }
}
