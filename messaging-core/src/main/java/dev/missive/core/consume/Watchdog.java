package dev.missive.core.consume;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Interferes because of the time: interrupts handlers that take too long, and gives back what
 * waited too long to be started (semantics S12, hold budget). One timer serves all messages.
 * Guarded by the lock of its {@link Flow}.
 */
final class Watchdog {
  private static final Duration MARGIN = Duration.ofMinutes(1);

  private final Flow flow;
  private final long maxHandling;

  /** How old a delivery may be when it is started; {@link Long#MAX_VALUE} = any age. */
  private final long maxAge;

  private long armedFor = Long.MAX_VALUE;

  Watchdog(Flow flow) {
    this.flow = flow;
    this.maxHandling = flow.spec.maxHandlingTime().toNanos();
    Duration hold = flow.spec.longestHold();
    this.maxAge =
        hold.isZero()
            ? Long.MAX_VALUE
            : hold.minus(flow.spec.maxHandlingTime()).minus(MARGIN).toNanos();
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
    List<Held> fresh = new ArrayList<>(taken.size());
    List<Held> old = new ArrayList<>();
    for (Held held : taken) {
      (now - held.receivedNanos < maxAge ? fresh : old).add(held);
    }
    giveBack(old);
    return fresh;
  }

  private void arm(long at) {
    if (armedFor == Long.MAX_VALUE || at - armedFor < 0) {
      armedFor = at;
      flow.time.schedule(Duration.ofNanos(Math.max(0, at - flow.time.nanos())), () -> fired(at));
    }
  }

  private void fired(long armed) {
    List<Run> overdue = new ArrayList<>();
    flow.lock.lock();
    try {
      if (armedFor != armed) {
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
    List<Held> old =
        flow.held.select(
            held -> held.phase == Held.Phase.WAITING && now - held.receivedNanos >= maxAge);
    // Of one key all that have not started, together: else a younger one would overtake.
    giveBack(
        flow.lanes.remove(
            held ->
                old.contains(held)
                    || held.key != null
                        && old.stream().anyMatch(other -> Objects.equals(other.key, held.key))));
    Held oldest = flow.held.first(held -> held.phase == Held.Phase.WAITING);
    if (oldest != null) {
      arm(oldest.receivedNanos + maxAge);
    }
  }

  private void giveBack(List<Held> old) {
    if (old.isEmpty()) {
      return;
    }
    flow.control.narrow();
    for (Held held : old) {
      flow.settlement.later(() -> flow.settlement.giveBack(held));
    }
  }
}
