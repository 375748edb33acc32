package dev.missive.core;

import dev.missive.core.config.Settings;
import dev.missive.core.connect.Connection;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.Time;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What an adapter gets from the runtime. */
final class AdapterContext implements BrokerContext {
  private final Settings settings;
  private final String clientName;
  private final Time time;
  private final RuntimeThreads threads;
  private volatile @Nullable Connection connection;

  AdapterContext(Settings settings, String clientName, Time time, RuntimeThreads threads) {
    this.settings = settings;
    this.clientName = clientName;
    this.time = time;
    this.threads = threads;
  }

  /** Where reports go; until then the adapter has not been told to connect. */
  void reportTo(Connection target) {
    connection = target;
  }

  @Override
  public <T> T setting(String key, Class<T> type) {
    return settings.get(key, type);
  }

  @Override
  public <T> Optional<T> optional(String key, Class<T> type) {
    return settings.find(key, type);
  }

  @Override
  public Optional<Supplier<String>> credential(String key) {
    return settings.credential(key);
  }

  @Override
  public String clientName() {
    return clientName;
  }

  @Override
  public Time time() {
    return time;
  }

  @Override
  public ThreadFactory threads(String role) {
    return threads.io(role);
  }

  @Override
  public void connection(Link state, String reason, @Nullable Throwable cause) {
    Connection target = connection;
    if (target != null) {
      target.onLink(state, reason, cause);
    }
  }
}
