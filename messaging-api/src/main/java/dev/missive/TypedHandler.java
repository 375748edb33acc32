package dev.missive;

/**
 * Handles one message whose payload has been decoded. Threads and failures as in {@link Handler};
 * what cannot be decoded never gets here, it is dead-lettered with reason {@code undecodable}.
 *
 * @param <T> the type of the decoded payload
 * @since 0.1
 */
@FunctionalInterface
public interface TypedHandler<T> {
  /**
   * Handles one message.
   *
   * @param value the decoded payload
   * @param message the message it came in
   * @throws Exception any exception is a failed run
   */
  void handle(T value, ReceivedMessage message) throws Exception;
}
