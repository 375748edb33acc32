package dev.missive.benchmarks;

import dev.missive.Capability;
import dev.missive.Message;
import dev.missive.Position;
import dev.missive.Topology;
import dev.missive.spi.Admin;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * An adapter that does nothing: a send is stored at once, deliveries are pushed by the benchmark.
 * What is left is the cost of the runtime.
 */
final class NoopBroker implements BrokerProvider, Broker, Admin {
  volatile @Nullable DeliveryListener listener;

  @Override
  public String name() {
    return "noop";
  }

  @Override
  public List<Setting> settings() {
    return List.of();
  }

  @Override
  public Broker create(BrokerContext context) {
    return this;
  }

  @Override
  public CompletionStage<Traits> connect() {
    Map<Capability, Capability.Support> can = new EnumMap<>(Capability.class);
    for (Capability capability : Capability.values()) {
      can.put(capability, Capability.Support.NATIVE);
    }
    return CompletableFuture.completedFuture(
        new Traits(
            "1",
            can,
            1_000_000,
            Duration.ofSeconds(1),
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO));
  }

  @Override
  public Sender sender(Duration deadline) {
    // On the caller's thread, against the rule, because a hand-over would be what is measured.
    return (to, message, notBefore, result) -> result.stored(0, 1);
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener to) {
    listener = to;
    return new Subscription() {
      @Override
      public CompletionStage<Void> ready() {
        return done();
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
        return done();
      }

      @Override
      public CompletionStage<Void> close() {
        return done();
      }
    };
  }

  @Override
  public Admin admin() {
    return this;
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return Optional.empty();
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    return done();
  }

  @Override
  public CompletionStage<List<Topology.Difference>> compare(Topology.Plan plan) {
    return CompletableFuture.completedFuture(List.of());
  }

  @Override
  public CompletionStage<Void> declare(Topology.Plan plan) {
    return done();
  }

  @Override
  public CompletionStage<Topology.Depth> depth(Destination of) {
    return CompletableFuture.failedFuture(new UnsupportedOperationException("no depth"));
  }

  private static CompletionStage<Void> done() {
    return CompletableFuture.completedFuture(null);
  }

  /** One delivery whose settlement costs nothing. */
  record Pushed(Message message) implements Delivery {
    private static final Object EPOCH = new Object();

    @Override
    public @Nullable Position position() {
      return null;
    }

    @Override
    public Object epoch() {
      return EPOCH;
    }

    @Override
    public Settled ack() {
      return Settled.DONE;
    }

    @Override
    public Settled release() {
      return Settled.DONE;
    }

    @Override
    public void failedRuns(int count) {}

    @Override
    public <T> Optional<T> unwrap(Class<T> type) {
      return Optional.empty();
    }
  }
}
