package dev.missive.core.route;

import dev.missive.Handler;
import dev.missive.TypedHandler;
import dev.missive.core.codec.Codecs;

/** Decodes, then handles. */
public final class TypedHandling {
  private TypedHandling() {}

  /**
   * A handler of bytes around one of objects.
   *
   * @param type what to decode to
   * @param handler the handler of objects
   * @param codecs decode
   * @param <T> the type
   * @return fails with UNDECODABLE what cannot be decoded
   */
  public static <T> Handler handler(Class<T> type, TypedHandler<T> handler, Codecs codecs) {
    return message -> handler.handle(codecs.decode(message, type), message);
  }
}
