package dev.missive;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What becomes of a message after its handler.
 *
 * @since 0.1
 */
public sealed interface Outcome {

  /**
   * Done: the message is acknowledged.
   *
   * @return the outcome
   */
  static Outcome ack() {
    return Ack.INSTANCE;
  }

  /**
   * Failed: retried by the policy, dead-lettered after the last attempt.
   *
   * @return the outcome
   */
  static Outcome retry() {
    return Retry.INSTANCE;
  }

  /**
   * Failed: retried after this wait instead of the policy's; counted as an attempt.
   *
   * @param wait zero or more; more than 3000 days count as 3000 days
   * @return the outcome
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if {@code wait} is negative
   */
  static Outcome retryAfter(Duration wait) {
    return new RetryAfter(wait);
  }

  /**
   * Refused: dead-lettered at once with reason {@code rejected}.
   *
   * @param reason why, kept with the dead letter
   * @return the outcome
   */
  static Outcome deadLetter(String reason) {
    return new DeadLetter(reason);
  }

  /**
   * Not wanted: settled and counted, never dead-lettered.
   *
   * @return the outcome
   */
  static Outcome drop() {
    return Drop.INSTANCE;
  }

  /** See {@link #ack()}. */
  enum Ack implements Outcome {
    /** The only one. */
    INSTANCE
  }

  /** See {@link #retry()}. */
  enum Retry implements Outcome {
    /** The only one. */
    INSTANCE
  }

  /** See {@link #drop()}. */
  enum Drop implements Outcome {
    /** The only one. */
    INSTANCE
  }

  /**
   * See {@link #retryAfter(Duration)}.
   *
   * @param delay zero or more
   */
  record RetryAfter(Duration delay) implements Outcome {
    /**
     * Checks the wait.
     *
     * @param delay zero or more
     */
    public RetryAfter {
      if (delay.isNegative()) {
        throw new MessagingException(
            ErrorCode.CONFIG_INVALID, "retryAfter was " + delay + " but must not be negative");
      }
    }
  }

  /**
   * See {@link #deadLetter(String)}.
   *
   * @param reason why
   */
  record DeadLetter(String reason) implements Outcome {
    /**
     * Checks the reason.
     *
     * @param reason why
     */
    public DeadLetter {
      requireNonNull(reason, "reason");
    }
  }
}
