package dev.missive;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Remembers which messages a group has handled, so that a handler does not run twice for one id.
 * Must be thread-safe.
 *
 * <p>Record and effect are atomic only if the store shares a transaction with the handler;
 * otherwise a crash between the two repeats the handler.
 *
 * @since 0.1
 */
public interface IdempotencyStore {

  /** What {@link #begin} found. */
  enum Claim {
    /**
     * Nobody has handled it; the caller shall, and then call {@link #succeeded} or {@link #failed}.
     */
    MINE,
    /** It has been handled. */
    DONE,
    /** Somebody is handling it right now. */
    BUSY
  }

  /**
   * Claims a message. A claim whose holder died must end some day, else the message is never
   * handled.
   *
   * @param group who handles it, as {@code <topic>.<group>}: brokers that make ids themselves make
   *     them unique within a topic only
   * @param id the message's id
   * @param window for how long a success is remembered
   * @return what was found; exceptional if the store does not work (the message is then retried)
   */
  CompletionStage<Claim> begin(String group, String id, Duration window);

  /**
   * Records a success.
   *
   * @param group as in {@link #begin}
   * @param id the message's id
   * @return when it is recorded
   */
  CompletionStage<Void> succeeded(String group, String id);

  /**
   * Gives up a claim, also after {@link #succeeded} failed.
   *
   * @param group as in {@link #begin}
   * @param id the message's id
   * @return when it is given up
   */
  CompletionStage<Void> failed(String group, String id);
}
