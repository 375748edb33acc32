package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.Topology;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Delivery;
import dev.missive.spi.Delivery.Settled;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses of the adapter itself: the provider is opened without the runtime. */
final class SpiClausesTest {
  private static final String TOPIC = "spi.orders";
  private static final String GROUP = "billing";

  private final String name = "spi-" + System.nanoTime();
  private final MemoryBroker memory = MemoryBroker.named(name);
  private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
  private final VirtualTime time = new VirtualTime();
  private final Broker broker = open();
  private final Subscription subscription = subscribe();

  @AfterEach
  void close() {
    broker.close(Duration.ofSeconds(1)).toCompletableFuture().join();
    memory.reset();
  }

  @Test
  @DisplayName("A05 a second ack, and a release after an ack, answer ALREADY and change nothing")
  void settled_twice() {
    Delivery delivery = publishAndTake(1);

    assertThat(delivery.ack()).isEqualTo(Settled.DONE);
    assertThat(delivery.ack()).isEqualTo(Settled.ALREADY);
    assertThat(delivery.release()).isEqualTo(Settled.ALREADY);
    publishAndTake(2);
    assertThat(deliveries).extracting(d -> d.message().id()).containsExactly("m1", "m2");
  }

  @Test
  @DisplayName("A08 settling a delivery of a lost epoch answers STALE and it comes again")
  void lost_epoch() {
    Delivery delivery = publishAndTake(1);
    memory.drop();
    Eventually.await("the connection is lost", () -> memory.connections() == 0);
    assertThat(delivery.ack()).isEqualTo(Settled.STALE);
    time.advance(Duration.ofSeconds(1));

    Eventually.await("it comes again", () -> deliveries.size() == 2);
    assertThat(deliveries.get(1).message().id()).isEqualTo("m1");
    assertThat(deliveries.get(1).epoch()).isNotSameAs(delivery.epoch());
    assertThat(deliveries.get(1).ack()).isEqualTo(Settled.DONE);
  }

  @Test
  @DisplayName("A09 between stop and close an ack takes effect; after close it answers STALE")
  void after_close() {
    Delivery first = publishAndTake(1);
    Delivery second = publishAndTake(2);
    subscription.stop().toCompletableFuture().join();
    assertThat(first.ack()).isEqualTo(Settled.DONE);
    subscription.close().toCompletableFuture().join();
    assertThat(second.ack()).isEqualTo(Settled.STALE);

    assertThat(memory.waitingIds(TOPIC, GROUP)).containsExactly("m2");
  }

  private Delivery publishAndTake(int number) {
    CompletableFuture<Void> stored = new CompletableFuture<>();
    Message message = Message.builder(TOPIC).id("m" + number).text("x").build();
    broker
        .sender(Duration.ofSeconds(5))
        .send(
            new Destination.Topic(TOPIC),
            message,
            null,
            new Sender.Result() {
              @Override
              public void stored(int partition, long offset) {
                stored.complete(null);
              }

              @Override
              public void failed(PublishException failure) {
                stored.completeExceptionally(failure);
              }
            });
    stored.join();
    Eventually.await("delivered", () -> deliveries.size() >= number);
    return deliveries.get(number - 1);
  }

  private Broker open() {
    BrokerProvider provider =
        ServiceLoader.load(BrokerProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(found -> found.name().equals("memory"))
            .findFirst()
            .orElseThrow();
    Broker made = provider.create(new Context(provider, Map.of("memory.name", name), time));
    made.connect().toCompletableFuture().join();
    made.admin().declare(Topology.Plan.empty().group(TOPIC, GROUP)).toCompletableFuture().join();
    return made;
  }

  private Subscription subscribe() {
    Subscription made =
        broker.subscribe(
            new Subscription.Spec(Subscription.Kind.GROUP, TOPIC, GROUP, 10, false, null),
            new DeliveryListener() {
              @Override
              public void delivered(Delivery delivery, boolean more) {
                deliveries.add(delivery);
              }

              @Override
              public void revoking(Object epoch) {}

              @Override
              public void revoked(Object epoch) {}

              @Override
              public void failed(MessagingException fatal) {
                throw fatal;
              }
            });
    made.ready().toCompletableFuture().join();
    return made;
  }

  /** Settings by hand, and real threads. */
  private record Context(BrokerProvider provider, Map<String, String> given, Time time)
      implements BrokerContext {
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

    private static Object parse(String text, Class<?> type) {
      if (type == Long.class) {
        return Long.valueOf(text);
      } else if (type == Integer.class) {
        return Integer.valueOf(text);
      } else if (type == Duration.class) {
        return Duration.parse("PT" + text);
      }
      return text;
    }

    @Override
    public String clientName() {
      return "spi";
    }

    @Override
    public ThreadFactory threads(String role) {
      return Thread::new;
    }

    @Override
    public void connection(Link state, String reason, @Nullable Throwable cause) {}
  }
}
