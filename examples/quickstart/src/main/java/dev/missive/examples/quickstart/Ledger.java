package dev.missive.examples.quickstart;

import dev.missive.Counters;
import dev.missive.Handler;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What has to become of something: the records of this run, and what an earlier one left behind. A
 * broker outlives the applications on it, so after a Ctrl-C in the middle the group still holds
 * records; they are handled like all others, and the sum names them apart. Thread-safe.
 */
final class Ledger {
  private final String run = UUID.randomUUID() + "-";
  private final AtomicLong read = new AtomicLong();
  private final Set<String> leftOver = ConcurrentHashMap.newKeySet();
  private final AtomicLong unpublished = new AtomicLong();
  private final Queue<String> errors = new ConcurrentLinkedQueue<>();
  private volatile boolean takenByOthers;

  /** Counts one more record and gives it an id that tells this run from others. */
  String nextId() {
    return run + read.incrementAndGet();
  }

  /** One record was not stored. */
  void unpublished(String why) {
    unpublished.incrementAndGet();
    errors.add(why);
  }

  /** A handler that notes which of its messages are not of this run. */
  Handler noting(Handler handler) {
    return message -> {
      if (!message.id().startsWith(run)) {
        leftOver.add(message.id());
      }
      handler.handle(message);
    };
  }

  /**
   * Whether everything that was published, and everything of earlier runs that a handler has seen,
   * is settled for good. What is left over is noted before it is settled, and the counters are
   * older than the notes: it is never true too early.
   */
  boolean complete(Counters.Subscription counters) {
    long settled = counters.acked() + counters.deadLettered() + counters.dropped();
    return settled >= read() + leftOver() - unpublished();
  }

  long read() {
    return read.get();
  }

  long leftOver() {
    return leftOver.size();
  }

  long unpublished() {
    return unpublished.get();
  }

  /** What is not settled here was handled by somebody else in the group. */
  void takenByOthers() {
    takenByOthers = true;
  }

  boolean wasTakenByOthers() {
    return takenByOthers;
  }

  /** Why records were not stored, each reason once. */
  List<String> errors() {
    return errors.stream().distinct().toList();
  }
}
