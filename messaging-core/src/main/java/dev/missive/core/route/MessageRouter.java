package dev.missive.core.route;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.Handler;
import dev.missive.MessagingException;
import dev.missive.ReceivedMessage;
import dev.missive.Router;
import dev.missive.TypedHandler;
import dev.missive.core.codec.Codecs;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Chooses a handler by message type. Thread-safe. */
public final class MessageRouter implements Router {
  private static final String FOREIGN_TYPE = "type";

  private final Codecs codecs;
  private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
  private volatile @Nullable Handler otherwise;

  /**
   * Makes an empty one.
   *
   * @param codecs decode for typed handlers
   */
  public MessageRouter(Codecs codecs) {
    this.codecs = codecs;
  }

  @Override
  public Router on(String type, Handler handler) {
    requireNonNull(type, "type");
    if (handlers.putIfAbsent(type, requireNonNull(handler, "handler")) != null) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "the type " + type + " has a handler already. Register each type once");
    }
    return this;
  }

  @Override
  public <T> Router on(String type, Class<T> payload, TypedHandler<T> handler) {
    return on(
        type,
        TypedHandling.handler(
            requireNonNull(payload, "payload"), requireNonNull(handler, "handler"), codecs));
  }

  @Override
  public Router otherwise(Handler handler) {
    otherwise = requireNonNull(handler, "handler");
    return this;
  }

  @Override
  public void handle(ReceivedMessage message) throws Exception {
    String type = message.type() == null ? message.headers().get(FOREIGN_TYPE) : message.type();
    Handler handler = type == null ? otherwise : handlers.getOrDefault(type, otherwise);
    if (handler == null) {
      throw new MessagingException(
          ErrorCode.TYPE_UNKNOWN,
          "no handler for message type "
              + (type == null ? "(none)" : "\"" + type + "\"")
              + ". Known are "
              + new TreeSet<>(handlers.keySet())
              + "; register it with on(..), or set a default with otherwise(..)");
    }
    handler.handle(message);
  }
}
