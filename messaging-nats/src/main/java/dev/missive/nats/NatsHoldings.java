package dev.missive.nats;

import dev.missive.nats.NatsPull.Feed;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription has of the server's: what its listener has not seen yet, retries first, and
 * everything unsettled, oldest first. Guarded by the subscription's lock.
 */
final class NatsHoldings {
  private final int window;
  private final ArrayDeque<NatsDelivery> retries = new ArrayDeque<>();
  private final ArrayDeque<NatsDelivery> fresh = new ArrayDeque<>();
  private @Nullable NatsDelivery first;
  private @Nullable NatsDelivery last;
  private int handedOver;

  /**
   * Makes an empty one.
   *
   * @param window how many the listener may have at once
   */
  NatsHoldings(int window) {
    this.window = window;
  }

  void add(NatsDelivery delivery, boolean retry) {
    delivery.listed = true;
    delivery.before = last;
    if (last == null) {
      first = delivery;
    } else {
      last.after = delivery;
    }
    last = delivery;
    (retry ? retries : fresh).add(delivery);
  }

  /** Takes out one that is settled; nothing if it has been taken out. */
  void remove(NatsDelivery delivery) {
    if (!delivery.listed) {
      return;
    }
    delivery.listed = false;
    if (delivery.before == null) {
      first = delivery.after;
    } else {
      delivery.before.after = delivery.after;
    }
    if (delivery.after == null) {
      last = delivery.before;
    } else {
      delivery.after.before = delivery.before;
    }
    delivery.before = null;
    delivery.after = null;
    if (delivery.handedOver) {
      handedOver--;
    }
  }

  /** How many the listener has not seen. */
  int unseen() {
    return retries.size() + fresh.size();
  }

  /** As many for the listener as its window has room for. */
  List<NatsDelivery> handOver() {
    if (handedOver >= window || unseen() == 0) {
      return List.of();
    }
    List<NatsDelivery> batch = new ArrayList<>();
    while (handedOver < window) {
      NatsDelivery next = retries.isEmpty() ? fresh.poll() : retries.poll();
      if (next == null) {
        break;
      }
      next.handedOver = true;
      handedOver++;
      batch.add(next);
    }
    return batch;
  }

  /** How many more to ask a source for; 0 while asking does not pay. */
  int credit(Feed feed) {
    int own = feed.source.window();
    if (own >= 0 && handedOver >= window) {
      return 0;
    }
    int all = own < 0 ? window : own;
    int held = own < 0 ? handedOver + unseen() : retries.size();
    int credit = all - feed.asked - held;
    return feed.asked == 0 || credit >= Math.max(1, all / 4) ? Math.max(0, credit) : 0;
  }

  /** Takes out what the listener has not seen. */
  List<NatsDelivery> takeUnseen() {
    List<NatsDelivery> taken = new ArrayList<>(retries);
    taken.addAll(fresh);
    retries.clear();
    fresh.clear();
    taken.forEach(this::remove);
    return taken;
  }

  /** Takes out everything. */
  List<NatsDelivery> takeAll() {
    List<NatsDelivery> taken = all();
    retries.clear();
    fresh.clear();
    taken.forEach(this::remove);
    return taken;
  }

  /** Everything unsettled. */
  List<NatsDelivery> all() {
    List<NatsDelivery> all = new ArrayList<>();
    for (NatsDelivery d = first; d != null; d = d.after) {
      all.add(d);
    }
    return all;
  }

  int size() {
    return all().size();
  }

  /** How many came from a source. */
  int size(NatsSource source) {
    return (int) all().stream().filter(d -> d.direct() == source.direct()).count();
  }
}
