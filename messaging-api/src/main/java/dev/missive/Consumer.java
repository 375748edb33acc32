package dev.missive;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/**
 * Takes messages of one or more topics for one group and runs a handler on them.
 *
 * <p>A consumer on k topics has k subscriptions, each with a window, a concurrency and an order of
 * its own. Thread-safe; {@code start} and {@code stop} are idempotent.
 *
 * @since 0.1
 */
public interface Consumer extends AutoCloseable {
  /** For {@link Builder#from}: the earliest message the broker still has. */
  Instant EARLIEST = Instant.EPOCH;

  /**
   * Connects, declares the topology and begins to take messages.
   *
   * <p>Waits for the first attempt to connect, at most {@code connect.timeout} (10 s). If the
   * broker is unreachable it returns all the same and keeps trying, unless {@code connect.attempts}
   * or {@code connect.fail-fast} is set. One that has {@link ConsumerState#FAILED} while it ran is
   * stopped first, as by {@link #close()}.
   *
   * @throws MessagingException {@link ErrorCode#AUTH}, {@link ErrorCode#TLS}, {@link
   *     ErrorCode#TOPOLOGY_MISMATCH}, {@link ErrorCode#CAPABILITY_MISSING}, {@link
   *     ErrorCode#TOPOLOGY_FORBIDDEN}, {@link ErrorCode#BROKER_UNREACHABLE} (only where it gives
   *     up), {@link ErrorCode#CLOSED}, or {@link ErrorCode#CONFIG_INVALID}, for instance while it
   *     stops
   */
  void start();

  /**
   * Completes when every subscription stands: what is published from then on will be delivered.
   * Never blocks.
   *
   * <p>What follows the stage runs on the thread of Missive on which the stages of a connection
   * complete, one after another. Code there must not wait for another stage of the connection: it
   * would wait for itself.
   *
   * @return exceptional if the consumer has failed; a new stage after each start
   */
  CompletionStage<Void> ready();

  /** Lets no new run start; running handlers finish. Idempotent; survives reconnects. */
  void pause();

  /** Goes on after {@link #pause()}. Idempotent. */
  void resume();

  /**
   * Takes no new deliveries, lets running handlers finish, returns what has not started to the
   * broker and settles the rest.
   *
   * <p>Past the timeout handlers are interrupted. Returns within the timeout plus 1 s, also when
   * the broker hangs.
   *
   * <p>Called from one of this consumer's own handlers, or on a thread of Missive (where stages of
   * {@link #ready()}, of publishes and of requests complete), it does not wait for itself: it
   * returns at once with the counts so far, and stopping goes on. Only the thread itself is
   * recognised: a handler that waits for another thread which calls this is waited for until the
   * timeout and then interrupted. While it stops already the earlier end of both counts.
   *
   * @param timeout how long running handlers may take, zero or more
   * @return what became of every delivery
   */
  DrainReport stop(Duration timeout);

  /**
   * Where it is in its life.
   *
   * @return never null
   */
  ConsumerState state();

  /**
   * Changes how many handlers run at the same time per subscription; takes effect as handlers
   * finish.
   *
   * @param handlers at least 1
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if less than 1
   */
  void concurrency(int handlers);

  /** Stops with a timeout of 30 s. */
  @Override
  default void close() {
    stop(Duration.ofSeconds(30));
  }

  /**
   * Collects what a consumer shall do. Not thread-safe. Each method returns this builder. Exactly
   * one of the handler methods must be called.
   *
   * @since 0.1
   */
  interface Builder {

    /**
     * The group; its consumers, here and elsewhere, share the messages. Required unless {@link
     * #broadcast()} is called.
     *
     * @param group one token of {@code [A-Za-z0-9_-]}, at most 64 characters, not {@code dlq} or
     *     {@code retry}
     * @return this
     */
    Builder group(String group);

    /**
     * Receives every message published while connected, without a group ({@link
     * Capability#BROADCAST}). Retries wait in process, and after the last attempt the message is
     * logged, counted as dropped and gone.
     *
     * @return this
     */
    Builder broadcast();

    /**
     * How many handlers run at the same time per subscription.
     *
     * @param handlers at least 1; default 1
     * @return this
     */
    Builder concurrency(int handlers);

    /**
     * How many unsettled deliveries a subscription holds at most.
     *
     * @param deliveries at least 1; default max(100, 4 x concurrency)
     * @return this
     */
    Builder maxInFlight(int deliveries);

    /**
     * Which order is kept.
     *
     * @param ordering default {@link Ordering#NONE}
     * @return this
     */
    Builder ordering(Ordering ordering);

    /**
     * Refuses to start where the broker does not have these.
     *
     * @param capabilities what is needed
     * @return this
     */
    Builder require(Capability... capabilities);

    /**
     * How failed messages are run again.
     *
     * @param policy default {@link RetryPolicy#standard()}, or the settings {@code retry.*}
     * @return this
     */
    Builder retry(RetryPolicy policy);

    /**
     * How long one run may take before it is interrupted and counted as failed.
     *
     * @param time more than zero; default 25 min, or less where the broker's longest hold and the
     *     retry policy demand it
     * @return this
     */
    Builder maxHandlingTime(Duration time);

    /**
     * After how long without a finished handler, while messages wait, the consumer is {@link
     * ConsumerState#STALLED}.
     *
     * @param time more than zero; default 60 s
     * @return this
     */
    Builder stallAfter(Duration time);

    /**
     * Where a group that does not exist yet starts ({@link Capability#START_POSITION}); an existing
     * one goes on where it is.
     *
     * @param start {@link #EARLIEST} or a time; by default only messages published after the group
     *     was declared
     * @return this
     */
    Builder from(Instant start);

    /**
     * Dead-letters expired messages with reason {@code expired} instead of dropping them.
     *
     * @return this
     */
    Builder deadLetterExpired();

    /**
     * The usual handler: return = done, throw = failed.
     *
     * @param handler the handler
     * @return this
     */
    Builder handler(Handler handler);

    /**
     * A handler of decoded payloads.
     *
     * @param type what to decode to, by the message's content type
     * @param handler the handler
     * @param <T> the type of the payload
     * @return this
     */
    <T> Builder typedHandler(Class<T> type, TypedHandler<T> handler);

    /**
     * A handler that says itself what becomes of the message.
     *
     * @param handler the handler
     * @return this
     */
    Builder outcomeHandler(OutcomeHandler handler);

    /**
     * A handler that holds no thread.
     *
     * @param handler the handler
     * @return this
     */
    Builder asyncHandler(AsyncHandler handler);

    /**
     * A handler of batches of up to 100 messages or what arrived in 100 ms.
     *
     * @param handler the handler
     * @return this
     */
    Builder batchHandler(BatchHandler handler);

    /**
     * A handler of batches.
     *
     * @param maxSize how many messages at most, at least 1, at most {@link #maxInFlight}
     * @param maxWait how long to wait for a full batch after its first message, zero or more
     * @param handler the handler
     * @return this
     */
    Builder batchHandler(int maxSize, Duration maxWait, BatchHandler handler);

    /**
     * A handler that answers requests.
     *
     * @param handler the handler
     * @return this
     */
    Builder replyHandler(ReplyHandler handler);

    /**
     * Makes the consumer. No I/O.
     *
     * @return a consumer that has not been started
     * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} or {@link
     *     ErrorCode#NAME_INVALID}, with every problem at once
     */
    Consumer build();
  }
}
