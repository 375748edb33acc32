package dev.missive.spi;

import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A flow of deliveries: never more than {@code maxInFlight} unsettled ones, whose leases the
 * adapter keeps alive. Thread-safe; nothing here blocks.
 *
 * @since 0.1
 */
public interface Subscription {

  /**
   * Completes when it stands for the first time: what is published from then on will be delivered.
   *
   * @return exceptional if it cannot be made
   */
  CompletionStage<Void> ready();

  /**
   * Where replies for this subscription are sent.
   *
   * @return the address of {@link Destination.Reply}, known once {@link #ready()}, the same until
   *     its epoch is revoked; for other kinds the topic
   */
  String address();

  /**
   * Fetches nothing more. Deliveries already fetched may still arrive. Leases are kept alive.
   * Idempotent; survives reconnects.
   */
  void pause();

  /** Goes on. Idempotent. */
  void resume();

  /**
   * Ends the flow. When the stage completes no delivery arrives any more; held ones can still be
   * settled until {@link #close()}. Idempotent.
   *
   * @return when no delivery arrives any more
   */
  CompletionStage<Void> stop();

  /**
   * Flushes what was settled, gives the rest back to the broker, uncounted, and leaves the group.
   * Idempotent.
   *
   * @return when settlements have been handed to the broker and the group was left
   */
  CompletionStage<Void> close();

  /** What can be subscribed to. */
  enum Kind {
    /** One group of one topic. */
    GROUP,
    /** One group of all topics that match a pattern. */
    PATTERN,
    /** Every message of a topic from now on, without a group. */
    BROADCAST,
    /** The replies to this client's requests. */
    REPLIES,
    /** The dead letters of one group of one topic. */
    DEAD_LETTERS
  }

  /**
   * What to subscribe to.
   *
   * @param kind the kind
   * @param topic the topic; the pattern for PATTERN; the name of the application for REPLIES
   * @param group the group; null for BROADCAST and REPLIES
   * @param maxInFlight how many unsettled deliveries at most, at least 1
   * @param keyOrder whether the group was declared with order per key over its instances
   * @param from where the group was declared to start, see {@link dev.missive.Topology.Entry}; null
   *     = with what is published from now on
   */
  record Spec(
      Kind kind,
      String topic,
      @Nullable String group,
      int maxInFlight,
      boolean keyOrder,
      @Nullable Instant from) {}
}
