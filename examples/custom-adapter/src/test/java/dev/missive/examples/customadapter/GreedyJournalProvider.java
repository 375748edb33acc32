package dev.missive.examples.customadapter;

import dev.missive.spi.Admin;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A broken journal: it takes all that is queued, whatever room the application has. */
public final class GreedyJournalProvider implements BrokerProvider {
  private final BrokerProvider real = new JournalBrokerProvider();

  /** Made by ServiceLoader. */
  public GreedyJournalProvider() {}

  @Override
  public String name() {
    return "greedy-journal";
  }

  @Override
  public List<Setting> settings() {
    return real.settings();
  }

  @Override
  public Broker create(BrokerContext context) {
    return new Greedy(real.create(context));
  }

  private record Greedy(Broker inner) implements Broker {
    @Override
    public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
      return inner.subscribe(
          new Subscription.Spec(
              spec.kind(),
              spec.topic(),
              spec.group(),
              Integer.MAX_VALUE,
              spec.keyOrder(),
              spec.from()),
          listener);
    }

    @Override
    public CompletionStage<Traits> connect() {
      return inner.connect();
    }

    @Override
    public Sender sender(Duration deadline) {
      return inner.sender(deadline);
    }

    @Override
    public Admin admin() {
      return inner.admin();
    }

    @Override
    public <T> Optional<T> unwrap(Class<T> type) {
      return inner.unwrap(type);
    }

    @Override
    public CompletionStage<Void> close(Duration atMost) {
      return inner.close(atMost);
    }
  }
}
