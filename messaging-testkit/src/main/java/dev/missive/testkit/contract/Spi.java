package dev.missive.testkit.contract;

import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.Topology;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The adapter under test, opened by the kit itself, without a runtime. Thread-safe. */
final class Spi implements AutoCloseable {
  private static final Map<Map<String, String>, Broker.Traits> TRAITS = new ConcurrentHashMap<>();
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(250);

  private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
  private final List<Object> revoked = new CopyOnWriteArrayList<>();
  private final BrokerUnderTest under;
  private final Clock clock;
  private final Broker broker;

  Spi(BrokerUnderTest under, Clock clock) {
    this.under = under;
    this.clock = clock;
    BrokerProvider provider = provider(under);
    this.broker = provider.create(new KitContext(provider, under.settings(), clock.time()));
    connect(clock, under.readyTimeout(), broker);
  }

  static BrokerProvider provider(BrokerUnderTest under) {
    return under
        .provider()
        .orElseGet(
            () ->
                found()
                    .filter(found -> found.name().equals(under.name()))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new IllegalStateException(
                                "no adapter named "
                                    + under.name()
                                    + "; is its META-INF/services line there?")));
  }

  /** The adapters on the class path. */
  static Stream<BrokerProvider> found() {
    return ServiceLoader.load(BrokerProvider.class).stream().map(ServiceLoader.Provider::get);
  }

  /** Asked once per broker: a connection each time would disturb what counts connections. */
  static Broker.Traits traits(BrokerUnderTest under, Clock clock) {
    return TRAITS.computeIfAbsent(
        under.settings(),
        settings -> {
          BrokerProvider provider = provider(under);
          Broker asked = provider.create(new KitContext(provider, settings, clock.time()));
          Duration patience = under.readyTimeout();
          Broker.Traits traits = connect(clock, patience, asked);
          join(clock, "closing", patience, asked.close(DEADLINE));
          return traits;
        });
  }

  /** Tries again what may pass, as the runtime does: a broker that has just begun, for instance. */
  private static Broker.Traits connect(Clock clock, Duration patience, Broker broker) {
    Instant end = clock.now().plus(patience);
    while (true) {
      try {
        return join(clock, "connecting", patience, broker.connect());
      } catch (CompletionException e) {
        boolean mayPass = e.getCause() instanceof MessagingException why && why.retryable();
        if (!mayPass || clock.now().isAfter(end)) {
          throw e;
        }
        clock.pass(BETWEEN_TRIES);
      }
    }
  }

  Broker broker() {
    return broker;
  }

  List<Delivery> deliveries() {
    return deliveries;
  }

  void declare(String topic, String group) {
    join("declaring", broker.admin().declare(Topology.Plan.empty().group(topic, group)));
  }

  /** Subscribes a group; what is delivered is kept unsettled. */
  Subscription subscribe(String topic, String group, int maxInFlight) {
    Subscription made =
        broker.subscribe(
            new Subscription.Spec(Subscription.Kind.GROUP, topic, group, maxInFlight, false, null),
            new DeliveryListener() {
              @Override
              public void delivered(Delivery delivery, boolean more) {
                deliveries.add(delivery);
              }

              @Override
              public void revoking(Object epoch) {}

              @Override
              public void revoked(Object epoch) {
                revoked.add(epoch);
              }

              @Override
              public void failed(MessagingException fatal) {
                throw fatal;
              }
            });
    join("subscribing", made.ready());
    return made;
  }

  /** Publishes one message and waits until it is stored; a lost link is waited for. */
  void publish(Destination to, Message message) {
    CompletableFuture<Void> stored = new CompletableFuture<>();
    AtomicReference<@Nullable CompletableFuture<Void>> attempt = new AtomicReference<>();
    clock.await(
        "a publish",
        under.readyTimeout(),
        () -> {
          CompletableFuture<Void> current = attempt.get();
          if (current == null || current.isCompletedExceptionally()) {
            attempt.set(send(to, message));
          } else if (current.isDone()) {
            stored.complete(null);
          }
          return stored.isDone();
        });
  }

  private CompletableFuture<Void> send(Destination to, Message message) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    broker
        .sender(DEADLINE)
        .send(
            to,
            message,
            null,
            new Sender.Result() {
              @Override
              public void stored(int partition, long offset) {
                result.complete(null);
              }

              @Override
              public void failed(PublishException failure) {
                result.completeExceptionally(failure);
              }
            });
    return result;
  }

  /** How many messages of a group the broker has that are not settled. */
  long left(String topic, String group) {
    Topology.Depth depth =
        join("measuring depth", broker.admin().depth(new Destination.Group(topic, group)));
    return depth.waiting() + depth.inFlight();
  }

  /** Waits for the delivery of this number, from 1. */
  Delivery delivery(int number) {
    clock.await("delivery " + number, under.readyTimeout(), () -> deliveries.size() >= number);
    return deliveries.get(number - 1);
  }

  /** Waits until the adapter took deliveries back. */
  void awaitRevoked() {
    clock.await("a lost epoch", under.readyTimeout(), () -> !revoked.isEmpty());
  }

  <T> T join(String what, CompletionStage<T> stage) {
    return join(clock, what, under.readyTimeout(), stage);
  }

  @Override
  public void close() {
    join("closing", broker.close(Duration.ofSeconds(1)));
  }

  private static <T> T join(Clock clock, String what, Duration atMost, CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    clock.await(what, atMost, future::isDone);
    return future.join();
  }
}
