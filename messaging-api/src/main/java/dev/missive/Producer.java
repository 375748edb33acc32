package dev.missive;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Publishes messages. Thread-safe; one per application is enough.
 *
 * <p>A publish completes normally only after the broker acknowledged storing the message. Until its
 * deadline it is repeated over refusals and reconnects, always with the same id. Messages of one
 * key published one after another are stored in that order while no connection is lost and no
 * publish refused; with {@link Builder#strictKeyOrder()} in those cases too.
 *
 * <p>Failures are {@link PublishException}s with a code and an outcome. Stages complete on threads
 * of Missive, never on one of the broker client's; see {@link Builder#completeOn(Executor)}.
 *
 * @since 0.1
 */
public interface Producer extends AutoCloseable {

  /**
   * Publishes and waits until the broker has taken responsibility.
   *
   * @param message the message
   * @return the receipt
   * @throws PublishException if it was not stored, or may not have been
   * @throws NullPointerException if {@code message} is null; nothing is sent
   */
  Receipt publish(Message message);

  /**
   * Publishes without waiting for the broker. Waits for room in the window, unless called on a
   * thread of Missive's own I/O: there it fails with {@link ErrorCode#BACKPRESSURE} instead.
   *
   * @param message the message
   * @return completes with the receipt, or exceptionally with a {@link PublishException}
   * @throws NullPointerException if {@code message} is null; nothing is sent
   */
  CompletionStage<Receipt> publishAsync(Message message);

  /**
   * Publishes all messages and waits for all results. Not atomic. Where an {@link Interceptor}
   * fails with an exception of its own, that is the cause of the result's {@link
   * ErrorCode#INTERNAL}.
   *
   * @param messages the messages, none null
   * @return one result per message, in the same order
   */
  List<PublishResult> publishBatch(List<Message> messages);

  /**
   * Stores all messages or none ({@link Capability#ATOMIC_BATCH}). They are delivered at once: one
   * with a delay is refused, and with it the batch.
   *
   * @param messages the messages, none null
   * @return one receipt per message, in the same order
   * @throws PublishException if none was stored, or if that is not known
   */
  List<Receipt> publishAtomically(List<Message> messages);

  /**
   * A publisher of objects to one topic.
   *
   * @param topic where they go
   * @param type what they are
   * @param <T> the type
   * @return a view of this producer; closing this one closes it
   */
  <T> TypedProducer<T> typed(String topic, Class<T> type);

  /**
   * Waits until everything accepted so far is complete, at most until the deadlines of those
   * publishes.
   */
  void flush();

  /**
   * Accepts nothing more and waits until everything accepted is complete, at most the deadline,
   * which ends every publish. Idempotent. On a thread of Missive, where stages complete, it does
   * not wait.
   */
  @Override
  void close();

  /**
   * Collects how a producer behaves. Not thread-safe. Each method returns this builder. Defaults
   * come from the settings {@code producer.*}.
   *
   * @since 0.1
   */
  interface Builder {

    /**
     * Until when a publish is tried, counted from the call.
     *
     * @param deadline more than zero; default 30 s
     * @return this
     */
    Builder deadline(Duration deadline);

    /**
     * Sends the next message of a key only after the previous one was acknowledged; slower, but in
     * order over refusals and reconnects too.
     *
     * @return this
     */
    Builder strictKeyOrder();

    /**
     * The time to live of messages that have none of their own.
     *
     * @param timeToLive more than zero; by default messages do not expire
     * @return this
     */
    Builder timeToLive(Duration timeToLive);

    /**
     * Fails with {@link ErrorCode#BACKPRESSURE} when the window is full instead of waiting.
     *
     * @return this
     */
    Builder failWhenFull();

    /**
     * Completes stages there instead of on a thread of Missive. {@code Runnable::run} completes
     * them on the broker client's own I/O thread: fastest, and anything that blocks there stops the
     * connection.
     *
     * @param executor where to complete
     * @return this
     */
    Builder completeOn(Executor executor);

    /**
     * Makes the producer. No I/O.
     *
     * @return the producer
     */
    Producer build();
  }
}
