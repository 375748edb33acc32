package dev.missive.testkit.memory;

import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import java.util.List;

/** The adapter {@code memory}: a broker inside this process. */
public final class MemoryBrokerProvider implements BrokerProvider {

  /** For {@link java.util.ServiceLoader}. */
  public MemoryBrokerProvider() {}

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public List<Setting> settings() {
    return MemorySettings.ALL;
  }

  @Override
  public Broker create(BrokerContext context) {
    return new MemoryConnection(context, new MemorySettings(context));
  }
}
