package dev.missive;

/**
 * Answers requests of a {@link Requester}.
 *
 * <p>The reply is sent before the request is acknowledged, at most once per run, to the request's
 * reply address; a message without one is handled and the reply dropped. If the handler throws, the
 * requester gets {@link ErrorCode#REMOTE_FAILED} with the class of the exception and the request is
 * settled: it is the requester who decides whether to ask again.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface ReplyHandler {
  /**
   * Answers one request.
   *
   * @param request the request
   * @return the reply, best made by {@link ReceivedMessage#reply()}; its topic does not matter
   * @throws Exception any exception is reported to the requester
   */
  Message reply(ReceivedMessage request) throws Exception;
}
