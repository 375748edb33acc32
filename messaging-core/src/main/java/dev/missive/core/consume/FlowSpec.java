package dev.missive.core.consume;

import dev.missive.RetryPolicy;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What one subscription of a consumer does, after the broker is known.
 *
 * @param kind the kind of subscription
 * @param topic the topic or pattern
 * @param group the group; null for broadcasts
 * @param maxInFlight how many unsettled deliveries
 * @param ordered whether a key waits for its retries
 * @param keyOrder whether the group keeps order over its instances
 * @param policy how failed messages are run again
 * @param maxHandlingTime how long one run may take
 * @param stallAfter after how long without progress it is stalled
 * @param from where a new group starts
 * @param deadLetterExpired whether expired messages are kept
 * @param batchSize how many messages a run takes; 1 = single messages
 * @param batchWait how long a batch waits to be full
 * @param waitInProcess waits up to this long stay in the client
 * @param longestHold how long a delivery may stay unsettled; zero = no limit
 */
record FlowSpec(
    Subscription.Kind kind,
    String topic,
    @Nullable String group,
    int maxInFlight,
    boolean ordered,
    boolean keyOrder,
    RetryPolicy policy,
    Duration maxHandlingTime,
    Duration stallAfter,
    @Nullable Instant from,
    boolean deadLetterExpired,
    int batchSize,
    Duration batchWait,
    Duration waitInProcess,
    Duration longestHold) {

  Subscription.Spec subscription(int window) {
    return new Subscription.Spec(kind, topic, group, window, keyOrder, from);
  }

  /** Unordered retries hold at most half the window (semantics S11). */
  int parkingPlaces() {
    return maxInFlight / 2;
  }

  String name() {
    return group == null ? topic : topic + " of group " + group;
  }
}
