package dev.missive.core.consume;

import dev.missive.Counters;
import org.jspecify.annotations.Nullable;

/** What all flows of one topic and group have counted, and hold now. Confined to one thread. */
final class SubscriptionNumbers {
  /** Which subscription: several consumers, and several starts of each, may share it. */
  record Name(String topic, @Nullable String group) {}

  private final Tally sum = new Tally();
  private long held;
  private long heldBytes;
  private long parked;
  private long running;

  void add(Tally past) {
    sum.add(past);
  }

  void add(Flow flow) {
    flow.lock.lock();
    try {
      sum.add(flow.tally);
      held += flow.held.size();
      heldBytes += flow.held.bytes();
      parked += flow.tally.parked;
      running += flow.runs.size();
    } finally {
      flow.lock.unlock();
    }
  }

  Counters.Subscription counters(Name name) {
    return new Counters.Subscription(
        name.topic(),
        name.group(),
        sum.received,
        sum.acked,
        sum.retried,
        sum.deadLettered,
        sum.dropped,
        sum.returned,
        sum.abandoned,
        held,
        heldBytes,
        parked,
        running,
        sum.runs,
        sum.failedRuns,
        sum.expired);
  }
}
