package dev.missive.spi;

import dev.missive.Messaging;

/**
 * The runtime behind {@link Messaging}, found by {@link java.util.ServiceLoader}. Implemented by
 * messaging-core; adapters have nothing to do with it.
 *
 * @since 0.1
 */
public interface MessagingFactory {
  /**
   * Starts to open a connection.
   *
   * @return a new builder
   */
  Messaging.Builder builder();
}
