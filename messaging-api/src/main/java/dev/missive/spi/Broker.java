package dev.missive.spi;

import dev.missive.Capability;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * One client of one broker. Thread-safe; made by {@link BrokerProvider#create}.
 *
 * @since 0.1
 */
public interface Broker {

  /**
   * Makes the first connection: one attempt, never blocks. After a failure the runtime calls it
   * again, with a growing wait; after a success the adapter keeps the connection by itself (250 ms
   * doubling to 30 s with full jitter, for ever) and reports through {@link
   * BrokerContext#connection}. The returned stage tells how the first attempt went; it needs no
   * report.
   *
   * @return what the broker is and can do, found by asking it; exceptional with {@code AUTH},
   *     {@code TLS}, {@code BROKER_UNREACHABLE} or another {@link dev.missive.MessagingException}
   */
  CompletionStage<Traits> connect();

  /**
   * Opens a way to publish. Called after {@link #connect} succeeded, and again after each time the
   * connection came back or the sender died: what the earlier one held has then been failed, in the
   * order it was sent. Never blocks.
   *
   * @param deadline the longest time one attempt may take inside the client; then it fails with
   *     {@code PUBLISH_TIMEOUT}, UNKNOWN
   * @return a new sender
   */
  Sender sender(Duration deadline);

  /**
   * Subscribes. The topology stands already. Never blocks; deliveries may start at once. The
   * adapter restores the subscription after a lost connection.
   *
   * @param spec what to subscribe to
   * @param listener gets the deliveries, on one thread at a time
   * @return the subscription
   */
  Subscription subscribe(Subscription.Spec spec, DeliveryListener listener);

  /**
   * Declares, compares, measures.
   *
   * @return always the same one
   */
  Admin admin();

  /**
   * The native handle, or one of the optional parts {@link AtomicSender}, {@link Seeker} and {@link
   * Gaps}. Never blocks.
   *
   * @param type the wanted class
   * @param <T> its type
   * @return empty if there is nothing of that class
   */
  <T> Optional<T> unwrap(Class<T> type);

  /**
   * Closes everything that is still open; nothing of this client survives, threads included. Never
   * blocks. Idempotent.
   *
   * @param atMost after this long the connection is cut by force
   * @return when it is done
   */
  CompletionStage<Void> close(Duration atMost);

  /**
   * What a broker is and can do.
   *
   * @param version the broker's version, as it calls it
   * @param can every capability it has; what is missing counts as NONE
   * @param maxBytes the largest message, body and headers
   * @param waitInProcess waits up to this long stay in the client; zero = the broker does all
   *     waiting
   * @param deferPrecision how late a wait at the broker may end
   * @param longestHold how long a delivery may stay unsettled; zero = no limit
   * @param redelivery how long after a crash others get the message at the latest
   */
  record Traits(
      String version,
      Map<Capability, Capability.Support> can,
      long maxBytes,
      Duration waitInProcess,
      Duration deferPrecision,
      Duration longestHold,
      Duration redelivery) {
    /**
     * Copies the map.
     *
     * @param version the broker's version, as it calls it
     * @param can every capability it has; what is missing counts as NONE
     * @param maxBytes the largest message, body and headers
     * @param waitInProcess waits up to this long stay in the client; zero = the broker does all
     *     waiting
     * @param deferPrecision how late a wait at the broker may end
     * @param longestHold how long a delivery may stay unsettled; zero = no limit
     * @param redelivery how long after a crash others get the message at the latest
     */
    public Traits {
      can = Map.copyOf(can);
    }

    /**
     * How it supports a capability.
     *
     * @param capability the capability
     * @return never null
     */
    public Capability.Support support(Capability capability) {
      return can.getOrDefault(capability, Capability.Support.NONE);
    }
  }
}
