package dev.missive.guice;

import com.google.inject.Provider;
import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.DeadLetters;
import dev.missive.DrainReport;
import dev.missive.Health;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.Requester;
import dev.missive.Router;
import dev.missive.Topology;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A connection whose {@code start()} also starts the handlers that were bound to it. Thread-safe.
 */
final class StartingMessaging implements Messaging {
  private final Messaging messaging;
  private final Provider<Set<BoundHandler>> handlers;
  private final List<Consumer> consumers = new ArrayList<>();
  private boolean built;

  StartingMessaging(Messaging messaging, Provider<Set<BoundHandler>> handlers) {
    this.messaging = messaging;
    this.handlers = handlers;
  }

  @Override
  public void start() {
    messaging.start();
    List<Consumer> bound;
    synchronized (consumers) {
      if (!built) {
        // Handlers may need this connection themselves, so they are made only now; all or none.
        consumers.addAll(
            handlers.get().stream().map(handler -> handler.consumer(messaging)).toList());
        built = true;
      }
      bound = List.copyOf(consumers);
    }
    bound.forEach(Consumer::start);
  }

  @Override
  public Producer producer() {
    return messaging.producer();
  }

  @Override
  public Producer.Builder producerBuilder() {
    return messaging.producerBuilder();
  }

  @Override
  public Consumer.Builder consumer(String... topics) {
    return messaging.consumer(topics);
  }

  @Override
  public Requester requester() {
    return messaging.requester();
  }

  @Override
  public Router router() {
    return messaging.router();
  }

  @Override
  public Topology topology() {
    return messaging.topology();
  }

  @Override
  public DeadLetters deadLetters() {
    return messaging.deadLetters();
  }

  @Override
  public Health health() {
    return messaging.health();
  }

  @Override
  public Counters counters() {
    return messaging.counters();
  }

  @Override
  public Capability.Support support(Capability capability) {
    return messaging.support(capability);
  }

  @Override
  public List<Setting> configuration() {
    return messaging.configuration();
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return messaging.unwrap(type);
  }

  @Override
  public List<DrainReport> close(Duration timeout) {
    return messaging.close(timeout);
  }
}
