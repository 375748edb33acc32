package dev.missive;

/**
 * Handles one message and says itself what becomes of it. Threads and failures as in {@link
 * Handler}.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface OutcomeHandler {
  /**
   * Handles one message.
   *
   * @param message the message, never null
   * @return what to do with it, never null
   * @throws Exception any exception is a failed run, like {@link Outcome#retry()}
   */
  Outcome handle(ReceivedMessage message) throws Exception;
}
