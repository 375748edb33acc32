package dev.missive;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Sends requests and waits for their replies over the broker ({@link Capability#REQUEST}).
 * Thread-safe.
 *
 * <p>A request is delivered at least once, a reply at most once; late replies are dropped.
 *
 * @since 0.1
 */
public interface Requester extends AutoCloseable {

  /**
   * Publishes a request. Its reply address is set; its correlation id too, unless it has one, which
   * must then be unlike those of all requests that are pending: the reply is matched by it. The
   * first request connects and opens the reply address, and waits for that at most {@code
   * connect.timeout}.
   *
   * @param request what to ask
   * @param timeout how long to wait for the reply, more than zero
   * @return completes with the reply; exceptionally with {@link ErrorCode#REPLY_TIMEOUT} (also at
   *     once when the connection is lost), {@link ErrorCode#REMOTE_FAILED}, or a {@link
   *     PublishException}
   */
  CompletionStage<ReceivedMessage> request(Message request, Duration timeout);

  /**
   * Fails what is pending with {@link ErrorCode#CLOSED} and gives up the reply address. Idempotent.
   */
  @Override
  void close();
}
