package dev.missive.spi;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.PublishException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A way to publish that lasts as long as one connection, or less. Thread-safe.
 *
 * <p>The runtime owns window, deadline, resend and outcome. Order is kept while the sender lives.
 * It dies with its connection, or alone (a channel that the broker closed). Then the adapter fails
 * everything it holds, in the order it was sent, with {@code BROKER_UNREACHABLE} (UNKNOWN if it was
 * handed to the client), and from then on fails every send at once with {@code BROKER_UNREACHABLE},
 * NOT_STORED. The runtime takes another one from {@link Broker#sender}, once CONNECTED is reported
 * again or, if the link never went, after a short wait; it resends in order before it sends
 * anything new, and counts none of this as a refusal.
 *
 * @since 0.1
 */
public interface Sender {

  /**
   * Hands one message to the broker and reports once whether it was stored. One attempt, never a
   * retry.
   *
   * <p>Called concurrently, also on interrupted threads, whose flag is neither obeyed nor cleared.
   * Must not block longer than it takes to enqueue. Throws nothing for a message that passed the
   * runtime's checks. What has no answer at the deadline given to {@link Broker#sender} is ended by
   * the adapter with {@code PUBLISH_TIMEOUT}, UNKNOWN, even if the link stands, so that it never
   * holds more than the runtime sends in that time. Contract: P01, P12.
   *
   * @param to where it goes; it was declared before, or the failure is {@code TOPIC_MISSING} or
   *     {@code UNROUTABLE}
   * @param message what to send; headers hold the application's and those of {@link Header} that
   *     are the same for every broker (reply-to, expires-at, max-attempts, attempt, dl-…), to be
   *     written as they are; the adapter itself writes id, type, key, content type, correlation id,
   *     timestamp, priority and topic to the places of the wire table. Immutable; not to be kept
   *     after the result
   * @param notBefore the earliest instant of delivery; null = at once. The adapter writes it to
   *     {@link Header#NOT_BEFORE} unless the broker does all the waiting
   * @param result called exactly once, never on the caller's thread
   */
  void send(Destination to, Message message, @Nullable Instant notBefore, Result result);

  /**
   * Gets the outcome of one send. Never blocks and never throws.
   *
   * @since 0.1
   */
  interface Result {
    /**
     * The broker acknowledged that it stored the message.
     *
     * @param partition where; negative if there is no position
     * @param offset where
     */
    void stored(int partition, long offset);

    /**
     * It was not stored, or nobody knows.
     *
     * @param failure {@code retryable()} says whether to send it again, {@code outcome()} whether
     *     the broker may have it
     */
    void failed(PublishException failure);
  }
}
