package dev.missive;

import java.time.Duration;

/**
 * Thrown by a handler or interceptor when something it depends on is away: the subscription takes
 * in nothing for a while and then runs this message again, without counting an attempt.
 *
 * @since 0.1
 */
public class PauseException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Duration pause;

  /**
   * Makes one.
   *
   * @param pause how long, more than zero; more than 3000 days count as 3000 days
   * @param message why; shown in health
   */
  public PauseException(Duration pause, String message) {
    super(message);
    if (pause.isNegative() || pause.isZero()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID, "a pause was " + pause + " but must be more than zero");
    }
    this.pause = pause;
  }

  /**
   * How long to pause.
   *
   * @return more than zero
   */
  public Duration pause() {
    return pause;
  }
}
