package dev.missive;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A publish failed. {@link #outcome()} says whether the broker may have the message all the same.
 *
 * @since 0.1
 */
public final class PublishException extends MessagingException {
  private static final long serialVersionUID = 1;

  private final Outcome outcome;

  /** Whether a message whose publish failed may be at the broker. */
  public enum Outcome {
    /** The broker does not have the message. */
    NOT_STORED,

    /**
     * The broker may have the message; publishing it again with the same id is safe for idempotent
     * handlers.
     */
    UNKNOWN
  }

  /**
   * Makes a failure.
   *
   * @param code the stable code
   * @param outcome whether the broker may have the message
   * @param message what happened, where, and how to fix it
   * @param cause null if there is none
   */
  public PublishException(
      ErrorCode code, Outcome outcome, String message, @Nullable Throwable cause) {
    super(code, message, cause);
    this.outcome = requireNonNull(outcome, "outcome");
  }

  /**
   * Whether the broker may have the message.
   *
   * @return never null
   */
  public Outcome outcome() {
    return outcome;
  }
}
