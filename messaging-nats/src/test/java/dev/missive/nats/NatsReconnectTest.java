package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Messaging;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Time;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** In which order the runtime and the subscriptions hear of a connection. */
@Tag("broker")
class NatsReconnectTest {
  private static final String ATTACHED = "attached";

  private final Queue<String> events = new ConcurrentLinkedQueue<>();
  private final CountDownLatch reported = new CountDownLatch(1);

  /** A request that goes out earlier names the reply address of the connection that is gone. */
  @Test
  void it_is_reported_when_all_subscriptions_have_it() {
    Spied spied = new Spied();
    try (LiveBroker own = LiveBrokers.start(Brokers.nats().withProcess().withProxy());
        NatsLab lab = new NatsLab(own)) {
      Messaging messaging = lab.open(builder -> builder.providers(spied));
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      spied.made().links().add(new Slow());

      own.node().proxy().orElseThrow().cut();

      Eventually.await("it is reported", () -> events.contains("CONNECTED"));
      Eventually.await("it is attached", () -> events.contains(ATTACHED));
      assertThat(events).containsSubsequence("RECONNECTING", ATTACHED, "CONNECTED");
    }
  }

  /** A subscription that takes its time, unless it is too late anyway. */
  private final class Slow implements NatsLink {
    @Override
    public void attach(NatsEpoch to) {
      try {
        reported.await(1, TimeUnit.SECONDS);
        events.add(ATTACHED);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void detach(NatsEpoch from) {}

    @Override
    public CompletionStage<Void> ready() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public String address() {
      return "";
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public CompletionStage<Void> stop() {
      return ready();
    }

    @Override
    public CompletionStage<Void> close() {
      return ready();
    }
  }

  /** The adapter, and what it reports. */
  private final class Spied implements BrokerProvider {
    private final BrokerProvider real = new NatsBrokerProvider();
    private final AtomicReference<@Nullable NatsConnection> made = new AtomicReference<>();

    NatsConnection made() {
      return java.util.Objects.requireNonNull(made.get());
    }

    @Override
    public String name() {
      return real.name();
    }

    @Override
    public List<Setting> settings() {
      return real.settings();
    }

    @Override
    public Broker create(BrokerContext context) {
      Broker broker = real.create(new Context(context));
      made.set((NatsConnection) broker);
      return broker;
    }
  }

  private final class Context implements BrokerContext {
    private final BrokerContext real;

    Context(BrokerContext real) {
      this.real = real;
    }

    @Override
    public <T> T setting(String key, Class<T> type) {
      return real.setting(key, type);
    }

    @Override
    public <T> Optional<T> optional(String key, Class<T> type) {
      return real.optional(key, type);
    }

    @Override
    public String clientName() {
      return real.clientName();
    }

    @Override
    public Time time() {
      return real.time();
    }

    @Override
    public ThreadFactory threads(String role) {
      return real.threads(role);
    }

    @Override
    public void connection(Link state, String reason, @Nullable Throwable cause) {
      events.add(state.name());
      if (state == Link.CONNECTED) {
        reported.countDown();
      }
      real.connection(state, reason, cause);
    }
  }
}
