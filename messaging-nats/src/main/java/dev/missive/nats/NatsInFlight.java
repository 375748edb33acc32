package dev.missive.nats;

import dev.missive.spi.Sender;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was sent and not answered, by number, in order: a ring that grows. Not thread-safe; guarded
 * by its link.
 */
final class NatsInFlight {
  /** One message on its way. */
  static final class Send {
    final String subject;
    final Sender.Result result;
    final Kind kind;
    final long atNanos;

    Send(String subject, Kind kind, long atNanos, Sender.Result result) {
      this.subject = subject;
      this.kind = kind;
      this.atNanos = atNanos;
      this.result = result;
    }
  }

  /** What its answer means. */
  enum Kind {
    /** To a topic: the sequence is a position. */
    TOPIC,
    /** To one group: stored, but not at a position of the topic. */
    COPY,
    /** To somebody's inbox: not stored at all, the answer is our own echo. */
    REPLY,
    /** Nothing is sent but the echo, to know that what was sent before has arrived. */
    ECHO
  }

  private @Nullable Send[] ring = new @Nullable Send[1024];

  /** The oldest number that may be open. */
  private long first;

  /** The next number. */
  private long next;

  /** Takes a message and numbers it. */
  long add(Send send) {
    if (next - first == ring.length) {
      grow();
    }
    ring[index(next)] = send;
    return next++;
  }

  /** Takes out the message of a number; null if it is not open any more. */
  @Nullable Send remove(long number) {
    if (number < first || number >= next) {
      return null;
    }
    int index = index(number);
    Send send = ring[index];
    ring[index] = null;
    while (first < next && ring[index(first)] == null) {
      first++;
    }
    return send;
  }

  /** Takes out all that were sent before an instant, oldest first. */
  List<Send> removeSentBefore(long nanos) {
    List<Send> old = new ArrayList<>();
    while (first < next) {
      Send send = ring[index(first)];
      if (send != null && send.atNanos - nanos >= 0) {
        break;
      }
      if (send != null) {
        old.add(send);
        ring[index(first)] = null;
      }
      first++;
    }
    return old;
  }

  /** Takes out all to a subject. */
  List<Send> removeTo(String subject) {
    List<Send> found = new ArrayList<>();
    for (long number = first; number < next; number++) {
      Send send = ring[index(number)];
      if (send != null && send.subject.equals(subject)) {
        found.add(send);
        ring[index(number)] = null;
      }
    }
    return found;
  }

  /** Takes out all, oldest first. */
  List<Send> removeAll() {
    List<Send> all = new ArrayList<>();
    for (; first < next; first++) {
      Send send = ring[index(first)];
      if (send != null) {
        all.add(send);
        ring[index(first)] = null;
      }
    }
    return all;
  }

  private int index(long number) {
    return (int) (number & ring.length - 1);
  }

  private void grow() {
    @Nullable Send[] wider = new @Nullable Send[ring.length * 2];
    for (long number = first; number < next; number++) {
      wider[(int) (number & wider.length - 1)] = ring[index(number)];
    }
    ring = wider;
  }
}
