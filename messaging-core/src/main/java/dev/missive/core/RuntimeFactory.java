package dev.missive.core;

import dev.missive.Messaging;
import dev.missive.spi.MessagingFactory;

/** The doorway of the runtime, found by {@code Messaging.builder()}. */
public final class RuntimeFactory implements MessagingFactory {
  /** Called by the ServiceLoader. */
  public RuntimeFactory() {}

  @Override
  public Messaging.Builder builder() {
    return new MessagingBuilder();
  }
}
