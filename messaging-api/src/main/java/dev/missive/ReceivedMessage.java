package dev.missive;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A message as a handler gets it.
 *
 * <p>{@link #headers()} holds the application's headers; those of Missive ({@code missive-…}) are
 * not among them. Thread-safe to read.
 *
 * @since 0.1
 */
public interface ReceivedMessage extends Message {

  /**
   * The group it was delivered to.
   *
   * @return null for broadcasts and replies
   */
  @Nullable String group();

  /**
   * Which run this is: 1 + the failed runs recorded for this message and group. A crash may repeat
   * a number; stop, pause, rebalance and delay never raise it.
   *
   * @return at least 1
   */
  int attempt();

  /**
   * Where the message lies at the broker.
   *
   * @return null where the broker has no positions
   */
  @Nullable Position position();

  /**
   * The instant after which the message is not handled any more.
   *
   * @return null if it never expires
   */
  @Nullable Instant expiresAt();

  /**
   * The client library's own record, for what this interface cannot express. Code that uses it is
   * tied to one broker.
   *
   * @param type the wanted class
   * @param <T> its type
   * @return empty if the adapter has nothing of that class
   */
  <T> Optional<T> unwrap(Class<T> type);

  /**
   * Starts the reply to this request: its topic and correlation id, and nothing else.
   *
   * @return a new builder, for {@link ReplyHandler}
   */
  default Message.Builder reply() {
    return Message.builder(topic()).correlationId(correlationId());
  }

  /**
   * The same delivery with another payload and other headers, for interceptors that decrypt,
   * inflate or verify.
   *
   * @param payload the new bytes, not copied; null for none
   * @param headers the new headers, copied
   * @return a view; settling is not affected
   */
  ReceivedMessage with(byte @Nullable [] payload, Map<String, String> headers);
}
