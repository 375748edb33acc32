package dev.missive.guice;

import dev.missive.Consumer;
import dev.missive.Messaging;
import java.util.function.UnaryOperator;

/** A handler bound to topics and a group; its consumer is made when messaging starts. */
final class BoundHandler {
  private final String[] topics;
  private final String group;
  private final UnaryOperator<Consumer.Builder> handled;

  /** Told how its consumer is, and by what it is handled. */
  BoundHandler(String[] topics, String group, UnaryOperator<Consumer.Builder> handled) {
    this.topics = topics.clone();
    this.group = group;
    this.handled = handled;
  }

  Consumer consumer(Messaging messaging) {
    return handled.apply(messaging.consumer(topics).group(group)).build();
  }
}
