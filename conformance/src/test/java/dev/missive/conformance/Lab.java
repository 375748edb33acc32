package dev.missive.conformance;

import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** One test's broker, connections and clock; everything is unique and closed at the end. */
final class Lab implements AutoCloseable {
  static final RetryPolicy QUICK =
      RetryPolicy.exponential(Duration.ofMillis(5), Duration.ofMillis(10));
  static final String TOPIC = "lab.orders";
  static final String GROUP = "billing";

  private final String name = "lab-" + UUID.randomUUID();
  private final List<Messaging> open = new ArrayList<>();
  final MemoryBroker broker = MemoryBroker.named(name);
  final VirtualTime time = new VirtualTime();
  private boolean virtual;

  /** From now on connections run on the virtual clock. */
  Lab virtual() {
    virtual = true;
    return this;
  }

  Messaging open(String... settings) {
    return open(builder -> builder, settings);
  }

  Messaging open(UnaryOperator<Messaging.Builder> more, String... settings) {
    Messaging.Builder builder =
        Messaging.builder().setting("broker", "memory").setting("memory.name", name);
    for (int i = 0; i < settings.length; i += 2) {
      builder.setting(settings[i], settings[i + 1]);
    }
    if (virtual) {
      builder.time(time);
    }
    Messaging made = more.apply(builder).open();
    open.add(made);
    return made;
  }

  /** A consumer of the usual topic and group, started and ready. */
  static Consumer consume(Messaging messaging, Handler handler) {
    return consumeWith(messaging, builder -> builder.handler(handler));
  }

  static Consumer consumeWith(Messaging messaging, UnaryOperator<Consumer.Builder> options) {
    return started(options.apply(messaging.consumer(TOPIC).group(GROUP).retry(QUICK)).build());
  }

  static Consumer started(Consumer consumer) {
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    return consumer;
  }

  static Message message(String key, String text) {
    return Message.builder(TOPIC).key(key).text(text).build();
  }

  @Override
  public void close() {
    broker.unhang();
    Thread closing = new Thread(() -> open.forEach(messaging -> messaging.close(Duration.ZERO)));
    closing.start();
    // What closing waits for passes only if somebody moves the clock.
    Eventually.await(
        "everything is closed",
        () -> {
          if (virtual) {
            time.advance(Duration.ofMillis(100));
          }
          return !closing.isAlive();
        });
    broker.close();
  }
}
