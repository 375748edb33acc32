package dev.missive.nats;

import dev.missive.spi.DeliveryListener;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Tells the listener of a subscription, in order and on one thread at a time, what has come and
 * what was revoked. Thread-safe; the lock, which is the subscription's, is not held meanwhile.
 */
final class NatsHandover {
  private final ReentrantLock lock;
  private final NatsHoldings holdings;
  private final DeliveryListener listener;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final ArrayDeque<NatsLink> revoked = new ArrayDeque<>();
  private boolean delivering;
  private boolean stopping;
  private boolean drained;
  private boolean silent;

  NatsHandover(ReentrantLock lock, NatsHoldings holdings, DeliveryListener listener) {
    this.lock = lock;
    this.holdings = holdings;
    this.listener = listener;
  }

  /** Nothing of this link is ours any more; the lock is held. */
  void revoke(NatsLink link) {
    revoked.add(link);
  }

  /** Hands nothing over from now on; the lock is held. */
  void stop() {
    stopping = true;
  }

  /** Completes when the listener has heard the last. */
  CompletionStage<Void> stopped() {
    return stopped;
  }

  /** Whether the listener hears nothing any more; the lock is held. */
  boolean silent() {
    return silent;
  }

  /** Whether somebody is at it, who looks again before he goes; the lock is held. */
  boolean busy() {
    return delivering;
  }

  /**
   * Hands over what has room. Whoever finds another one at it leaves it to that one, which looks
   * again before it goes.
   */
  void pump() {
    while (true) {
      NatsLink over;
      List<NatsDelivery> batch;
      lock.lock();
      try {
        if (delivering) {
          return;
        }
        over = revoked.poll();
        batch = over == null && !stopping ? holdings.handOver() : List.of();
        if (over == null && batch.isEmpty()) {
          break;
        }
        delivering = true;
      } finally {
        lock.unlock();
      }
      tell(over, batch);
      lock.lock();
      delivering = false;
      lock.unlock();
    }
    quiet();
  }

  private void tell(@Nullable NatsLink over, List<NatsDelivery> batch) {
    if (over != null) {
      listener.revoked(over);
    }
    for (int i = 0; i < batch.size(); i++) {
      listener.delivered(batch.get(i), i < batch.size() - 1);
    }
  }

  /** The server sends nothing any more. */
  void drained() {
    lock.lock();
    try {
      drained = true;
    } finally {
      lock.unlock();
    }
    quiet();
  }

  /** Gives back what the listener has not got, once nothing comes any more. */
  private void quiet() {
    List<NatsDelivery> unseen;
    lock.lock();
    try {
      if (!drained || delivering || silent) {
        return;
      }
      silent = true;
      unseen = holdings.takeUnseen();
    } finally {
      lock.unlock();
    }
    unseen.forEach(NatsDelivery::giveBack);
    stopped.complete(null);
  }
}
