package dev.missive.core.manage;

import dev.missive.AsyncHandler;
import dev.missive.ErrorCode;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.Outcome;
import dev.missive.PauseException;
import dev.missive.ReceivedMessage;
import dev.missive.ReplyHandler;
import dev.missive.core.publish.PublishOptions;
import dev.missive.core.publish.Publisher;
import dev.missive.core.publish.WireMessage;
import dev.missive.spi.Destination;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Turns the answers of a {@link ReplyHandler} into messages to the requester, sent before the
 * request is acknowledged. Thread-safe.
 */
public final class Replies {
  private static final Logger LOG = System.getLogger("dev.missive.consumer");

  private final Publisher publisher;
  private final PublishOptions options;

  /**
   * Makes one.
   *
   * @param publisher sends
   * @param options how
   */
  public Replies(Publisher publisher, PublishOptions options) {
    this.publisher = publisher;
    this.options = options;
  }

  /**
   * The handler that answers.
   *
   * @param handler makes the reply
   * @return done when the reply is stored, or cannot be sent
   */
  public AsyncHandler answering(ReplyHandler handler) {
    return request -> {
      Message reply;
      try {
        reply = handler.reply(request);
        if (reply == null) {
          throw new MessagingException(
              ErrorCode.CONFIG_INVALID, "the reply handler returned null instead of a message");
        }
      } catch (PauseException | InterruptedException e) {
        throw e;
      } catch (Throwable t) {
        LOG.log(
            Level.WARNING,
            "the reply handler failed on request {0}: {1}",
            request.id(),
            t.getClass().getName());
        return send(request, request.reply().build(), t);
      }
      return send(request, reply, null);
    };
  }

  private CompletionStage<Outcome> send(
      ReceivedMessage request,
      Message reply,
      @org.jspecify.annotations.Nullable Throwable failure) {
    String address = request.replyTo();
    if (address == null) {
      return CompletableFuture.completedFuture(Outcome.ack());
    }
    Message correlated =
        reply.toBuilder()
            .topic(request.topic())
            .correlationId(request.correlationId())
            .replyTo(null)
            .build();
    if (failure != null) {
      Map<String, String> headers = new LinkedHashMap<>(correlated.headers());
      headers.put(Header.REMOTE_ERROR, failure.getClass().getName());
      correlated = WireMessage.copy(correlated, headers);
    }
    return publisher
        .sendTo(new Destination.Reply(address), correlated, options)
        .handle(
            (receipt, error) -> {
              if (error != null) {
                // The requester is gone or has given up: at most once, so nothing is repeated.
                LOG.log(
                    Level.WARNING,
                    "the reply to request {0} could not be sent: {1}",
                    request.id(),
                    error.getMessage());
              }
              return Outcome.ack();
            });
  }
}
