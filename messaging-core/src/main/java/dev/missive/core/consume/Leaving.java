package dev.missive.core.consume;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * The epochs that end soon: nothing of them begins or waits any more, so that the adapter can let
 * go when the running handlers are back (semantics S12, {@link
 * dev.missive.spi.DeliveryListener#revoking}). Guarded by the lock of its {@link Flow}.
 */
final class Leaving {
  private final Flow flow;
  private final Set<Object> epochs = Collections.newSetFromMap(new IdentityHashMap<>());

  Leaving(Flow flow) {
    this.flow = flow;
  }

  boolean contains(Held held) {
    return !epochs.isEmpty() && epochs.contains(held.delivery.epoch());
  }

  /** Gives back what has not started, and lets unordered waits go on at the broker. */
  void begin(Object epoch) {
    epochs.add(epoch);
    for (Held held : flow.lanes.remove(this::contains)) {
      flow.settlement.later(() -> flow.settlement.giveBack(held));
    }
    for (Held held : flow.control.takeParked(this::contains)) {
      // A key that waits in order goes back: its successors must not overtake it. A broadcast has
      // no group to wait in.
      boolean back = held.holding || held.group() == null;
      flow.settlement.later(
          back ? () -> flow.settlement.release(held) : () -> flow.settlement.moveOut(held));
    }
  }

  void over(Object epoch) {
    epochs.remove(epoch);
  }
}
