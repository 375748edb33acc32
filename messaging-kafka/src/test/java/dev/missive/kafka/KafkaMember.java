package dev.missive.kafka;

import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A member of a group in the place of the runtime: it settles nothing by itself. Thread-safe. */
final class KafkaMember implements DeliveryListener, AutoCloseable {
  final List<Delivery> delivered = new CopyOnWriteArrayList<>();

  /** Epochs that were about to end. */
  final Set<Object> asked = ConcurrentHashMap.newKeySet();

  /** Epochs that have ended. */
  final Set<Object> ended = ConcurrentHashMap.newKeySet();

  final Subscription subscription;
  private final Messaging messaging;

  KafkaMember(LiveBroker broker, String protocol, String topic, String group, String... settings) {
    AtomicReference<@Nullable Broker> made = new AtomicReference<>();
    messaging =
        KafkaLab.builder(broker.url(), protocol, settings).providers(new Captured(made)).open();
    messaging.topology().declare(topic, group);
    subscription =
        Objects.requireNonNull(made.get())
            .subscribe(
                new Subscription.Spec(Subscription.Kind.GROUP, topic, group, 100, false, null),
                this);
    subscription.ready().toCompletableFuture().join();
  }

  /** Where what it was given and has not lost lies: {@code partition:offset}. */
  Set<String> kept() {
    return positions(false);
  }

  /** The same of what it was given and has lost. */
  Set<String> lost() {
    return positions(true);
  }

  private Set<String> positions(boolean over) {
    return delivered.stream()
        .filter(delivery -> ended.contains(delivery.epoch()) == over)
        .map(KafkaMember::position)
        .collect(Collectors.toUnmodifiableSet());
  }

  static String position(Delivery delivery) {
    return delivery.message().id();
  }

  @Override
  public void delivered(Delivery delivery, boolean more) {
    delivered.add(delivery);
  }

  @Override
  public void revoking(Object epoch) {
    asked.add(epoch);
  }

  @Override
  public void revoked(Object epoch) {
    ended.add(epoch);
  }

  @Override
  public void failed(MessagingException fatal) {
    throw fatal;
  }

  @Override
  public void close() {
    subscription.close().toCompletableFuture().join();
    messaging.close();
  }

  /** The adapter, and the connection it made. */
  private record Captured(AtomicReference<@Nullable Broker> made) implements BrokerProvider {
    private static final BrokerProvider REAL = new KafkaBrokerProvider();

    @Override
    public String name() {
      return REAL.name();
    }

    @Override
    public List<Setting> settings() {
      return REAL.settings();
    }

    @Override
    public Broker create(BrokerContext context) {
      Broker broker = REAL.create(context);
      made.set(broker);
      return broker;
    }
  }
}
