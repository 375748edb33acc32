package dev.missive.spi;

import dev.missive.MessagingException;

/**
 * Gets the deliveries of one subscription. Implemented by the runtime; every method returns at once
 * and throws nothing.
 *
 * @since 0.1
 */
public interface DeliveryListener {

  /**
   * A message has come. Called on one thread at a time per subscription.
   *
   * @param delivery to be settled exactly once, on any thread, also during this call
   * @param more whether another call follows at once on this thread: this one may be taken in with
   *     it, and workers need not be woken yet
   */
  void delivered(Delivery delivery, boolean more);

  /**
   * Deliveries of this epoch will be lost soon, and the adapter waits: those that have not started
   * are released, waits in process go on at the broker, running handlers finish and their
   * settlement still counts. The adapter knows that all is done when nothing of the epoch is
   * unsettled any more; then, or when it cannot wait longer, it calls {@link #revoked}.
   *
   * <p>Only adapters whose broker asks before it takes something away (Kafka's rebalance) call
   * this; they deliver nothing of the epoch afterwards and wait on a thread that no settlement
   * needs. Contract: S12.
   *
   * @param epoch as in {@link Delivery#epoch()}
   */
  void revoking(Object epoch);

  /**
   * Deliveries of this epoch are lost: settling them answers STALE, the broker gives them to
   * somebody. Those that have not started are dropped; running handlers go on. If the connection is
   * lost with them, {@link BrokerContext#connection} is told first.
   *
   * @param epoch as in {@link Delivery#epoch()}
   */
  void revoked(Object epoch);

  /**
   * The subscription is dead and the adapter will not restore it. To be called as well when {@link
   * Subscription#ready()} fails. For {@code TOPIC_MISSING} (the topology was deleted) the runtime
   * declares again, if its settings allow, and subscribes anew.
   *
   * @param fatal why
   */
  void failed(MessagingException fatal);
}
