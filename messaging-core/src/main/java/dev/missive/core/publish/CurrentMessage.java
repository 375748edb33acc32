package dev.missive.core.publish;

import dev.missive.ReceivedMessage;
import org.jspecify.annotations.Nullable;

/**
 * The message that the calling thread is handling, so that what it publishes takes over the
 * correlation id.
 */
public final class CurrentMessage {
  private static final ThreadLocal<@Nullable ReceivedMessage> CURRENT = new ThreadLocal<>();

  private CurrentMessage() {}

  /**
   * Sets it; null when the handler is done.
   *
   * @param message what the handler got
   */
  public static void set(@Nullable ReceivedMessage message) {
    CURRENT.set(message);
  }

  /** {@return the message; null outside a handler} */
  public static @Nullable ReceivedMessage get() {
    return CURRENT.get();
  }
}
