package dev.missive;

/**
 * Handles one message: returning means done, throwing means failed.
 *
 * <p>A failed run is retried by the consumer's {@link RetryPolicy} and dead-lettered after the last
 * attempt. Throw {@link NotRetryableException} where no retry can help, {@link PauseException}
 * where the cause is outside (it spends no attempt). Delivery is at least once, so effects must be
 * idempotent.
 *
 * <p>Called on the consumer's own threads (virtual where the JVM has them), up to {@code
 * concurrency} at a time, never two at a time for one key. It may block; it is interrupted when it
 * exceeds {@code maxHandlingTime} or the timeout of {@code stop}.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface Handler {
  /**
   * Handles one message.
   *
   * @param message the message, never null
   * @throws Exception any exception is a failed run
   */
  void handle(ReceivedMessage message) throws Exception;
}
