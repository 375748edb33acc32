package dev.missive.guice;

import com.google.inject.Provider;
import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Messaging;
import java.util.function.UnaryOperator;

/** A handler bound to topics and a group; its consumer is made when messaging starts. */
final class BoundHandler {
  private final String[] topics;
  private final String group;
  private final UnaryOperator<Consumer.Builder> options;
  private final Provider<? extends Handler> handler;

  BoundHandler(
      String[] topics,
      String group,
      UnaryOperator<Consumer.Builder> options,
      Provider<? extends Handler> handler) {
    this.topics = topics.clone();
    this.group = group;
    this.options = options;
    this.handler = handler;
  }

  Consumer consumer(Messaging messaging) {
    return options.apply(messaging.consumer(topics).group(group)).handler(handler.get()).build();
  }
}
