package dev.missive;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a handler that knows that no retry can help: the message is dead-lettered at once,
 * reason {@code not-retryable}.
 *
 * @since 0.1
 */
public class NotRetryableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * Makes one.
   *
   * @param message why; kept with the dead letter
   */
  public NotRetryableException(String message) {
    this(message, null);
  }

  /**
   * Makes one with a cause.
   *
   * @param message why; kept with the dead letter
   * @param cause null if there is none
   */
  public NotRetryableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
