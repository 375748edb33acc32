package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;

/**
 * There is no broker to start here. Tests turn it into a skip with this reason, or into a failure
 * where brokers are required.
 *
 * @since 0.1
 */
public final class BrokerMissingException extends MessagingException {
  private static final long serialVersionUID = 1;

  /**
   * Makes one.
   *
   * @param message what is missing and what to do, as {@link BrokerOptions#missing()} says it
   */
  public BrokerMissingException(String message) {
    super(ErrorCode.BROKER_UNREACHABLE, message);
  }

  /**
   * Makes one with its cause.
   *
   * @param message what is missing and what to do
   * @param cause what failed
   */
  BrokerMissingException(String message, Throwable cause) {
    super(ErrorCode.BROKER_UNREACHABLE, message, cause);
  }
}
