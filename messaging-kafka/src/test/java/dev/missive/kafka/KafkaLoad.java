package dev.missive.kafka;

import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Messaging;

/** Consumers that are ready. */
final class KafkaLoad {
  private KafkaLoad() {}

  static Consumer consumer(
      Messaging messaging, String topic, String group, int concurrency, Handler handler) {
    Consumer consumer =
        messaging.consumer(topic).group(group).concurrency(concurrency).handler(handler).build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    return consumer;
  }
}
