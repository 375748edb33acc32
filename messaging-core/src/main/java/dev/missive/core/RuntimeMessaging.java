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
import dev.missive.core.connect.Nanos;
import dev.missive.core.consume.ConsumerBuilder;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** One connection, as applications see it. Thread-safe. */
final class RuntimeMessaging implements Messaging {
  private static final Duration LAST_WORD = Duration.ofMillis(400);

  private final Assembly assembly;
  private final List<RuntimeConsumer> consumers = new CopyOnWriteArrayList<>();
  private final List<RuntimeProducer> producers = new CopyOnWriteArrayList<>();
  private final Object lock = new Object();
  private @Nullable Producer producer;
  private @Nullable RuntimeRequester requester;
  private @Nullable CompletableFuture<List<DrainReport>> closing;

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
    for (RuntimeConsumer consumer : consumers) {
      parts.add(consumer.health());
      warnings.addAll(consumer.warnings());
    }
    return new Health(assembly.connection.health(), parts, warnings);
  }

  @Override
  public Counters counters() {
    List<Counters.Subscription> subscriptions = new ArrayList<>();
    consumers.forEach(consumer -> subscriptions.addAll(consumer.counters()));
    return new Counters(assembly.publisher.counters(), subscriptions);
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
    RuntimeConsumer.requireNotNegative(timeout, "close");
    CompletableFuture<List<DrainReport>> mine;
    synchronized (lock) {
      if (closing != null) {
        mine = closing;
      } else {
        mine = null;
        closing = new CompletableFuture<>();
      }
    }
    if (mine != null) {
      return mine.join();
    }
    CompletableFuture<List<DrainReport>> done = java.util.Objects.requireNonNull(closing);
    try {
      done.complete(closeNow(timeout));
    } finally {
      // Whoever else closes must not wait for what did not end.
      done.complete(List.of());
    }
    return done.join();
  }

  private List<DrainReport> closeNow(Duration timeout) {
    long end = assembly.time.nanos() + Nanos.of(timeout);
    List<CompletableFuture<DrainReport>> stops = new ArrayList<>();
    for (RuntimeConsumer consumer : consumers) {
      consumer.closing();
      if (consumer.wasStarted()) {
        stops.add(consumer.beginStop(timeout));
      }
    }
    List<DrainReport> reports = new ArrayList<>();
    stops.forEach(stop -> reports.add(stop.join()));
    RuntimeRequester asking = requester;
    if (asking != null) {
      asking.close();
    }
    CompletableFuture<?>[] flushed =
        producers.stream()
            .map(open -> open.beginClose().toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    Await.completed(CompletableFuture.allOf(flushed), remaining(end), assembly.time);
    assembly.outbox.close();
    Await.completed(assembly.broker.close(LAST_WORD), LAST_WORD, assembly.time);
    assembly.close();
    return List.copyOf(reports);
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

  private Duration remaining(long end) {
    return Duration.ofNanos(Math.max(0, end - assembly.time.nanos()));
  }

  /** What consumers need of this connection. */
  private final class Parts implements ConsumerBuilder.Parts {
    @Override
    public Consumer make(RuntimeConsumer.Made made) {
      RuntimeConsumer consumer =
          made.with(
              assembly.connection,
              assembly.outbox,
              assembly.copies,
              assembly.time,
              assembly.handlerThreads,
              assembly.topology::declareForConsumer);
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
