package dev.missive.nats;

import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The adapter, what it reports, and a clock that a test can hurry. */
final class NatsSpy implements BrokerProvider {
  final Queue<String> events = new ConcurrentLinkedQueue<>();

  /** Open until a connection is reported. */
  final CountDownLatch reported = new CountDownLatch(1);

  /** Whether nothing waits for as long as it should. */
  final AtomicBoolean hurry = new AtomicBoolean();

  /** How much later it is than it was. */
  final AtomicReference<Duration> later = new AtomicReference<>(Duration.ZERO);

  private final BrokerProvider real = new NatsBrokerProvider();
  private final AtomicReference<@Nullable NatsConnection> made = new AtomicReference<>();

  NatsConnection made() {
    return Objects.requireNonNull(made.get());
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
    public Optional<Supplier<String>> credential(String key) {
      return real.credential(key);
    }

    @Override
    public String clientName() {
      return real.clientName();
    }

    @Override
    public Time time() {
      return new Hurried(real.time());
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

  /** Time whose waits can be cut short, so that hours of them pass. */
  private final class Hurried implements Time {
    private final Time real;

    Hurried(Time real) {
      this.real = real;
    }

    @Override
    public Instant now() {
      return real.now();
    }

    @Override
    public long nanos() {
      return real.nanos() + later.get().toNanos();
    }

    @Override
    public Runnable schedule(Duration after, Runnable task) {
      return real.schedule(hurry.get() ? after.dividedBy(1000) : after, task);
    }
  }
}
