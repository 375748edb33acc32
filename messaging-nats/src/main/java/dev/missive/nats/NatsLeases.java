package dev.missive.nats;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Tells the server in time, again and again, that what a subscription holds is still held. */
final class NatsLeases {
  /** So that one may be late, and one may be lost. */
  private static final int PER_ACK_WAIT = 3;

  private final NatsConnection connection;
  private final ReentrantLock lock;
  private final NatsHoldings holdings;
  private final BooleanSupplier over;

  /**
   * Makes them.
   *
   * @param lock guards the holdings
   * @param over whether the subscription has ended
   */
  NatsLeases(
      NatsConnection connection, ReentrantLock lock, NatsHoldings holdings, BooleanSupplier over) {
    this.connection = connection;
    this.lock = lock;
    this.holdings = holdings;
    this.over = over;
  }

  /** Begins, and goes on until the subscription is over. */
  void keep() {
    if (!over.getAsBoolean()) {
      connection.block(this::extend);
      connection.time().schedule(connection.settings().ackWait.dividedBy(PER_ACK_WAIT), this::keep);
    }
  }

  private void extend() {
    List<NatsDelivery> held;
    lock.lock();
    try {
      held = holdings.all();
    } finally {
      lock.unlock();
    }
    held.forEach(NatsDelivery::keep);
  }
}
