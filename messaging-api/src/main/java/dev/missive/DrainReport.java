package dev.missive;

import java.time.Duration;
import java.util.List;

/**
 * What became of every delivery of a consumer, counted in deliveries since it was started. Once it
 * has stopped, {@code received = acked + retried + deadLettered + dropped + returned +
 * abandoned.size()}.
 *
 * @param received deliveries that came from the broker
 * @param acked handled
 * @param retried replaced by a stored copy to the same group
 * @param deadLettered replaced by a stored dead letter
 * @param dropped settled without being handled: dropped by the handler, or expired
 * @param returned came back to the broker unharmed
 * @param abandoned handlers that ignored their interrupt and still run; their messages come back to
 *     the broker
 * @param took how long stopping took
 * @since 0.1
 */
public record DrainReport(
    long received,
    long acked,
    long retried,
    long deadLettered,
    long dropped,
    long returned,
    List<Abandoned> abandoned,
    Duration took) {

  /**
   * Copies the list.
   *
   * @param received deliveries that came from the broker
   * @param acked handled
   * @param retried replaced by a stored copy to the same group
   * @param deadLettered replaced by a stored dead letter
   * @param dropped settled without being handled: dropped by the handler, or expired
   * @param returned came back to the broker unharmed
   * @param abandoned handlers that ignored their interrupt and still run; their messages come back
   *     to the broker
   * @param took how long stopping took
   */
  public DrainReport {
    abandoned = List.copyOf(abandoned);
  }

  /**
   * Whether the sum holds.
   *
   * @return true if every delivery is accounted for
   */
  public boolean complete() {
    return received == acked + retried + deadLettered + dropped + returned + abandoned.size();
  }

  /**
   * A handler that still runs.
   *
   * @param messageId the message it handles
   * @param topic its topic
   * @param thread the name of its thread, empty for an asynchronous handler
   * @param stack where it is, empty for an asynchronous handler
   */
  public record Abandoned(
      String messageId, String topic, String thread, List<StackTraceElement> stack) {
    /**
     * Copies the stack.
     *
     * @param messageId the message it handles
     * @param topic its topic
     * @param thread the name of its thread, empty for an asynchronous handler
     * @param stack where it is, empty for an asynchronous handler
     */
    public Abandoned {
      stack = List.copyOf(stack);
    }
  }
}
