package dev.missive.conformance;

import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.PublishException;
import dev.missive.Topology;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Vector;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One client of an in-memory broker at the SPI, without the runtime. Thread-safe. */
final class MemoryClient {
  private static final int PATIENCE_SECONDS = 15;

  final Broker broker;
  final List<BrokerContext.Link> links = new CopyOnWriteArrayList<>();
  private final Time time;

  private MemoryClient(String name, String client, Time time, String... settings) {
    this.time = time;
    BrokerProvider provider =
        ServiceLoader.load(BrokerProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(found -> found.name().equals("memory"))
            .findFirst()
            .orElseThrow();
    Map<String, String> given = new HashMap<>(Map.of("memory.name", name));
    for (int i = 0; i < settings.length; i += 2) {
      given.put(settings[i], settings[i + 1]);
    }
    broker = provider.create(new Context(provider, client, given));
  }

  /** One that is connected. */
  static MemoryClient open(String name, String client, Time time, String... settings) {
    MemoryClient made = new MemoryClient(name, client, time, settings);
    get(made.broker.connect());
    return made;
  }

  void declare(Topology.Plan plan) {
    get(broker.admin().declare(plan));
  }

  /** Sends over a sender of its own. */
  Sent send(Destination to, Message message) {
    return send(broker.sender(Duration.ofSeconds(5)), to, message);
  }

  static Sent send(Sender sender, Destination to, Message message) {
    Sent sent = new Sent();
    sender.send(to, message, null, sent);
    return sent;
  }

  Sent publish(Message message) {
    return send(new Destination.Topic(message.topic()), message);
  }

  CompletionStage<List<Position>> publishAll(List<Message> messages) {
    return broker.unwrap(AtomicSender.class).orElseThrow().sendAll(messages);
  }

  Flow subscribe(Subscription.Kind kind, String topic, @Nullable String group, int window) {
    return subscribe(new Subscription.Spec(kind, topic, group, window, false, null));
  }

  Flow subscribe(Subscription.Spec spec) {
    Flow flow = new Flow();
    flow.subscription = broker.subscribe(spec, flow);
    get(flow.subscription.ready());
    return flow;
  }

  void close() {
    get(broker.close(Duration.ofSeconds(1)));
  }

  /** Waits for a stage, at most 15 s. */
  static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("no answer within " + PATIENCE_SECONDS + " s", e);
    }
  }

  /** The outcome of one send. */
  static class Sent implements Sender.Result {
    final CompletableFuture<Position> outcome = new CompletableFuture<>();
    final AtomicInteger results = new AtomicInteger();
    volatile @Nullable Thread thread;

    @Override
    public void stored(int partition, long offset) {
      results.incrementAndGet();
      thread = Thread.currentThread();
      outcome.complete(new Position(partition, offset));
    }

    @Override
    public void failed(PublishException failure) {
      results.incrementAndGet();
      thread = Thread.currentThread();
      outcome.completeExceptionally(failure);
    }

    Position position() {
      return get(outcome);
    }

    PublishException failure() {
      return failureOf(outcome);
    }
  }

  /** What a stage failed with. */
  static PublishException failureOf(CompletionStage<?> stage) {
    try {
      get(stage);
    } catch (PublishException e) {
      return e;
    }
    throw new AssertionError("it was stored");
  }

  /** Takes deliveries and keeps them. */
  static final class Flow implements DeliveryListener {
    // Not copied on write: one test takes 100 000.
    final List<Delivery> deliveries = new Vector<>();
    final List<MessagingException> failures = new CopyOnWriteArrayList<>();
    final AtomicInteger throwing = new AtomicInteger();
    @Nullable Subscription subscription;

    Subscription subscription() {
      return Objects.requireNonNull(subscription);
    }

    List<String> ids() {
      return List.copyOf(deliveries).stream().map(delivery -> delivery.message().id()).toList();
    }

    @Override
    public void delivered(Delivery delivery, boolean more) {
      deliveries.add(delivery);
      if (throwing.getAndDecrement() > 0) {
        throw new IllegalStateException("a listener that breaks its contract");
      }
    }

    @Override
    public void revoking(Object epoch) {}

    @Override
    public void revoked(Object epoch) {}

    @Override
    public void failed(MessagingException fatal) {
      failures.add(fatal);
    }
  }

  /** Settings by hand, and real threads. */
  private final class Context implements BrokerContext {
    private final BrokerProvider provider;
    private final String client;
    private final Map<String, String> given;

    Context(BrokerProvider provider, String client, Map<String, String> given) {
      this.provider = provider;
      this.client = client;
      this.given = given;
    }

    @Override
    public <T> T setting(String key, Class<T> type) {
      return optional(key, type).orElseThrow();
    }

    @Override
    public <T> Optional<T> optional(String key, Class<T> type) {
      String text =
          provider.settings().stream()
              .filter(setting -> setting.key().equals(key))
              .map(setting -> given.getOrDefault(key, String.valueOf(setting.byDefault())))
              .findFirst()
              .orElseThrow();
      return text.equals("null") ? Optional.empty() : Optional.of(type.cast(parse(text, type)));
    }

    private Object parse(String text, Class<?> type) {
      if (type == Long.class) {
        return Long.valueOf(text);
      } else if (type == Integer.class) {
        return Integer.valueOf(text);
      } else if (type == Duration.class) {
        return text.endsWith("ms")
            ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
            : Duration.parse("PT" + text);
      } else if (type == List.class) {
        return List.of(text.split(","));
      }
      return text;
    }

    @Override
    public Optional<Supplier<String>> credential(String key) {
      return optional(key, String.class).map(value -> () -> value);
    }

    @Override
    public String clientName() {
      return client;
    }

    @Override
    public Time time() {
      return time;
    }

    @Override
    public ThreadFactory threads(String role) {
      return work -> {
        Thread thread = new Thread(work, "memory-client-" + client);
        thread.setDaemon(true);
        return thread;
      };
    }

    @Override
    public void connection(Link state, String reason, @Nullable Throwable cause) {
      links.add(state);
    }
  }
}
