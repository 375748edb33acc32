package dev.missive.core.consume;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * What waits in process for its time: retries, and messages that came before theirs. Guarded by the
 * lock of its {@link Flow}.
 *
 * <p>Nothing waits longer than the broker lets it be held. What has to wait on goes back, and its
 * next delivery waits for the rest (docs/adr/0003).
 */
final class Parking {
  private static final Duration EARLY_IN_PROCESS = Duration.ofSeconds(1);

  private final Flow flow;
  private final GivenBack givenBack = new GivenBack();

  Parking(Flow flow) {
    this.flow = flow;
  }

  /** Lets a message wait; {@code holding}: its key waits for it. */
  void park(Held held, Duration wait, boolean holding) {
    Duration room = flow.watchdog.room(held);
    held.phase = Held.Phase.PARKED;
    held.holding = holding;
    held.due = flow.time.now().plus(wait);
    held.cutShort = wait.compareTo(room) > 0;
    flow.tally.parked++;
    if (!holding) {
      flow.settlement.decided(held);
    }
    held.cancelTimer = flow.time.schedule(held.cutShort ? room : wait, () -> due(held));
  }

  /**
   * A producer's clock or a broker's restart may bring a message before its time (semantics S20).
   */
  void early(Held held) {
    Instant now = flow.time.now();
    Instant due = Waits.bounded(Objects.requireNonNull(held.notBefore()), now);
    Duration wait = Duration.between(now, due);
    Duration here =
        flow.spec.waitInProcess().compareTo(EARLY_IN_PROCESS) > 0
            ? flow.spec.waitInProcess()
            : EARLY_IN_PROCESS;
    boolean stay =
        flow.spec.group() == null
            || wait.compareTo(here) <= 0 && flow.tally.parked < flow.spec.parkingPlaces();
    if (stay) {
      park(held, wait, false);
    } else {
      held.phase = Held.Phase.COPYING;
      flow.settlement.later(() -> flow.settlement.postpone(held, due));
    }
  }

  /** Remembers one that goes back in the middle of its attempts. */
  void remember(Held held) {
    givenBack.add(held);
  }

  /**
   * Tells a new delivery of what an earlier one of the same message has been through, and lets it
   * wait for what is left of its time; false if there is no such wait, or others of its key come
   * first.
   */
  boolean again(Held held) {
    givenBack.recall(held);
    Instant due = held.due;
    if (due == null) {
      return false;
    }
    Duration rest = Duration.between(flow.time.now(), due);
    boolean waits = !rest.isNegative() && !rest.isZero() && flow.lanes.hold(held);
    if (waits) {
      park(held, rest, true);
    }
    return waits;
  }

  /** Its handler has returned: if its time came before that, it goes on now. */
  void handlerBack(Held held) {
    if (held.dueButBusy) {
      held.dueButBusy = false;
      flow.settlement.later(() -> due(held));
    }
  }

  /** Ends the wait of a parked message, whatever follows. */
  void unpark(Held held) {
    flow.tally.parked--;
    Runnable cancel = held.cancelTimer;
    held.cancelTimer = null;
    if (cancel != null) {
      cancel.run();
    }
  }

  /** The timer; without the lock. */
  private void due(Held held) {
    flow.lock.lock();
    try {
      if (held.phase != Held.Phase.PARKED) {
        return;
      }
      if (held.run != null && !held.run.back) {
        held.dueButBusy = true;
        return;
      }
      unpark(held);
      held.phase = Held.Phase.WAITING;
      if (held.cutShort) {
        flow.watchdog.giveBackWaiting(held);
      } else {
        goOn(held);
      }
      flow.step();
      flow.awaken();
    } finally {
      flow.lock.unlock();
    }
  }

  private void goOn(Held held) {
    if (flow.runs.isEmpty()) {
      // Nothing could have been finished while it waited for its time.
      flow.lastProgress = flow.time.nanos();
    }
    if (held.holding) {
      flow.lanes.resume(held);
    } else {
      flow.lanes.add(held);
    }
    flow.watchdog.arrived(held);
  }
}
