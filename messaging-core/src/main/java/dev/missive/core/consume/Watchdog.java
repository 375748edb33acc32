package dev.missive.core.consume;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Interferes because of the time: interrupts handlers that take too long, and gives back what
 * waited too long to be started (semantics S12, hold budget). One timer serves all messages.
 * Guarded by the lock of its {@link Flow}.
 */
final class Watchdog {
  private static final Duration MARGIN = Duration.ofMinutes(1);

  private final Flow flow;
  private final long maxHandling;

  /** How old a delivery may become here; {@link Long#MAX_VALUE} = any age. */
  private final long maxHold;

  /** How old a delivery may be when it is started; {@link Long#MAX_VALUE} = any age. */
  private final long maxAge;

  private long armedFor = Long.MAX_VALUE;
  private Runnable disarm = () -> {};
  private boolean closed;

  Watchdog(Flow flow) {
    this.flow = flow;
    this.maxHandling = flow.spec.maxHandlingTime().toNanos();
    Duration hold = flow.spec.longestHold();
    this.maxHold = hold.isZero() ? Long.MAX_VALUE : hold.minus(MARGIN).toNanos();
    this.maxAge = hold.isZero() ? Long.MAX_VALUE : maxHold - maxHandling;
  }

  void started(Run run) {
    arm(run.startedNanos + maxHandling);
  }

  void arrived(Held held) {
    if (maxAge != Long.MAX_VALUE) {
      arm(held.receivedNanos + maxAge);
    }
  }

  /** Those that may still be started; the others go back. */
  List<Held> fresh(List<Held> taken) {
    if (maxAge == Long.MAX_VALUE) {
      return taken;
    }
    long now = flow.time.nanos();
    List<Held> old = new ArrayList<>(0);
    for (Held held : taken) {
      if (now - held.receivedNanos >= maxAge) {
        old.add(held);
      }
    }
    if (old.isEmpty()) {
      return taken;
    }
    List<Held> back = giveBackTogether(old, taken);
    return taken.stream().filter(held -> !back.contains(held)).toList();
  }

  /** How long it may still wait here. */
  Duration room(Held held) {
    return maxHold == Long.MAX_VALUE
        ? Waits.LONGEST
        : Duration.ofNanos(Math.max(0, held.receivedNanos + maxHold - flow.time.nanos()));
  }

  /** Gives back one whose wait does not end while it may be held, and is over here. */
  void giveBackWaiting(Held held) {
    List<Held> only = List.of(held);
    giveBack(held.holding ? withTheirKeys(only, only) : only);
  }

  private void arm(long at) {
    if (!closed && (armedFor == Long.MAX_VALUE || at - armedFor < 0)) {
      armedFor = at;
      disarm.run();
      Duration wait = Duration.ofNanos(Math.max(0, at - flow.time.nanos()));
      disarm = flow.time.schedule(wait, () -> fired(at));
    }
  }

  /** Watches no more: a timer would keep all that belongs to the flow in memory. */
  void close() {
    closed = true;
    disarm.run();
  }

  private void fired(long armed) {
    List<Run> overdue = new ArrayList<>();
    flow.lock.lock();
    try {
      if (closed || armedFor != armed) {
        return;
      }
      armedFor = Long.MAX_VALUE;
      long now = flow.time.nanos();
      for (Run run : flow.runs) {
        if (!run.overdue && now - run.startedNanos >= maxHandling && run.claim()) {
          run.overdue = true;
          interrupt(run);
          overdue.add(run);
        } else if (!run.overdue) {
          arm(run.startedNanos + maxHandling);
        }
      }
      giveBackOld(now);
    } finally {
      flow.lock.unlock();
    }
    for (Run run : overdue) {
      for (Held held : run.items) {
        flow.settlement.settle(held, new Verdict.Failed(timeout(held), null));
      }
    }
  }

  /** Interrupts the handler; the lock is held, so that the flag cannot reach the next run. */
  static void interrupt(Run run) {
    Thread thread = run.thread;
    if (thread != null) {
      thread.interrupt();
    }
  }

  private MessagingException timeout(Held held) {
    return new MessagingException(
        ErrorCode.HANDLER_TIMEOUT,
        "the handler of message "
            + held.id()
            + " of "
            + flow.spec.name()
            + " took longer than "
            + flow.spec.maxHandlingTime()
            + " and was interrupted. Make it faster, or raise maxHandlingTime");
  }

  private void giveBackOld(long now) {
    if (maxAge == Long.MAX_VALUE) {
      return;
    }
    Predicate<Held> tooOld = held -> now - held.receivedNanos >= maxAge;
    Predicate<Held> waiting = held -> held.phase == Held.Phase.WAITING;
    giveBackTogether(flow.held.select(waiting.and(tooOld)), List.of());
    // Those that are too old are on their way already, however long that takes.
    Held oldest = flow.held.first(waiting.and(tooOld.negate()));
    if (oldest != null) {
      arm(oldest.receivedNanos + maxAge);
    }
  }

  private List<Held> giveBackTogether(List<Held> old, List<Held> taken) {
    List<Held> back = withTheirKeys(old, taken);
    // Some have become old by waiting for their turn, others by their retries.
    if (back.stream().anyMatch(held -> held.failedRuns == 0 && old.contains(held))) {
      flow.control.narrow();
    }
    giveBack(back);
    return back;
  }

  /**
   * These and, of their keys, all that have not started, oldest first: else a younger one would
   * overtake.
   *
   * @param taken those that are not in their lanes any more
   */
  private List<Held> withTheirKeys(List<Held> old, List<Held> taken) {
    Predicate<Held> theirs =
        held ->
            old.contains(held)
                || held.key != null
                    && old.stream().anyMatch(other -> Objects.equals(other.key, held.key));
    List<Held> all = new ArrayList<>(taken.stream().filter(theirs).toList());
    all.addAll(flow.lanes.remove(theirs));
    all.sort(Comparator.comparingLong(held -> held.sequence));
    return all;
  }

  private void giveBack(List<Held> all) {
    for (Held held : all) {
      flow.settlement.later(() -> flow.settlement.giveBack(held));
    }
  }
}
