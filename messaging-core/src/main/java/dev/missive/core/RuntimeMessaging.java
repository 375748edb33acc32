package dev.missive.core;

import dev.missive.AsyncHandler;
import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.DeadLetters;
import dev.missive.DrainReport;
import dev.missive.ErrorCode;
import dev.missive.Handler;
import dev.missive.Health;
import dev.missive.Interceptor;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Producer;
import dev.missive.ReplyHandler;
import dev.missive.Requester;
import dev.missive.Router;
import dev.missive.Topology;
import dev.missive.TypedHandler;
import dev.missive.core.connect.Await;
import dev.missive.core.consume.ConsumerBuilder;
import dev.missive.core.consume.ConsumerWiring;
import dev.missive.core.consume.Consumers;
import dev.missive.core.consume.RuntimeConsumer;
import dev.missive.core.manage.RuntimeRequester;
import dev.missive.core.publish.RuntimeProducer;
import dev.missive.core.route.MessageRouter;
import dev.missive.core.route.TypedHandling;
import dev.missive.spi.Broker.Traits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One connection, as applications see it. Thread-safe. */
final class RuntimeMessaging implements Messaging {
  private final Assembly assembly;
  private final Consumers consumers = new Consumers();
  private final List<RuntimeProducer> producers = new CopyOnWriteArrayList<>();
  private final Object lock = new Object();
  private @Nullable Producer producer;
  private @Nullable RuntimeRequester requester;
  private @Nullable Closing closing;

  RuntimeMessaging(Assembly assembly) {
    this.assembly = assembly;
  }

  @Override
  public Producer producer() {
    synchronized (lock) {
      if (producer == null) {
        producer = producerBuilder().build();
      }
      return producer;
    }
  }

  @Override
  public Producer.Builder producerBuilder() {
    return assembly.producerBuilder(this::register);
  }

  @Override
  public Consumer.Builder consumer(String... topics) {
    return new ConsumerBuilder(List.of(topics), assembly.consumerDefaults(), new Parts());
  }

  @Override
  public Requester requester() {
    synchronized (lock) {
      if (requester == null) {
        requester = assembly.requester(this::producer);
      }
      return requester;
    }
  }

  @Override
  public Router router() {
    return new MessageRouter(assembly.codecs);
  }

  @Override
  public Topology topology() {
    return assembly.topology;
  }

  @Override
  public DeadLetters deadLetters() {
    return assembly.deadLetters;
  }

  @Override
  public Health health() {
    List<Health.Consumer> parts = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (RuntimeConsumer consumer : consumers.all()) {
      parts.add(consumer.health());
      warnings.addAll(consumer.warnings());
    }
    return new Health(assembly.connection.health(), parts, warnings);
  }

  @Override
  public Counters counters() {
    return new Counters(assembly.publisher.counters(), consumers.counters());
  }

  @Override
  public Capability.Support support(Capability capability) {
    Traits known = assembly.connection.traits();
    return (known == null ? assembly.connection.require() : known).support(capability);
  }

  @Override
  public List<Setting> configuration() {
    return assembly.settings.effective();
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return assembly.broker.unwrap(type);
  }

  @Override
  public void start() {
    assembly.connection.connectAndWait();
  }

  @Override
  public List<DrainReport> close(Duration timeout) {
    Await.requireNotNegative(timeout, "close");
    Closing mine;
    boolean first;
    synchronized (lock) {
      first = closing == null;
      if (closing == null) {
        closing = new Closing(assembly, consumers, producers, this::closeRequester);
      }
      mine = closing;
    }
    if (first) {
      mine.begin(timeout);
    } else {
      mine.hurry(timeout);
    }
    return mine.reports();
  }

  private void closeRequester() {
    RuntimeRequester asking = requester;
    if (asking != null) {
      asking.close();
    }
  }

  private Producer register(RuntimeProducer made) {
    synchronized (lock) {
      if (closing != null) {
        throw new MessagingException(
            ErrorCode.CLOSED, "this connection was closed. Open a new one");
      }
      producers.removeIf(RuntimeProducer::ended);
      producers.add(made);
    }
    return made;
  }

  /** What consumers need of this connection. */
  private final class Parts implements ConsumerBuilder.Parts {
    private final ConsumerWiring wiring =
        new ConsumerWiring(
            assembly.connection,
            assembly.outbox,
            assembly.copies,
            assembly.time,
            assembly.handlerThreads,
            assembly.topology::declareForConsumer,
            consumers,
            RuntimeThreads::onIoThread);

    @Override
    public Consumer make(Function<ConsumerWiring, RuntimeConsumer> made) {
      RuntimeConsumer consumer = made.apply(wiring);
      synchronized (lock) {
        if (closing != null) {
          throw new MessagingException(
              ErrorCode.CLOSED, "this connection was closed. Open a new one");
        }
        consumers.add(consumer);
      }
      return consumer;
    }

    @Override
    public <T> Handler decoding(Class<T> type, TypedHandler<T> handler) {
      return TypedHandling.handler(type, handler, assembly.codecs);
    }

    @Override
    public AsyncHandler replying(ReplyHandler handler) {
      return assembly.replies.answering(handler);
    }

    @Override
    public List<Interceptor> interceptors() {
      return assembly.interceptors;
    }
  }
}
