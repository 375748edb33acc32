package dev.missive.examples.customadapter;

import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import java.util.List;

/** The adapter {@code journal}, found by ServiceLoader. Does no I/O and starts no thread. */
public final class JournalBrokerProvider implements BrokerProvider {
  /** Made by ServiceLoader. */
  public JournalBrokerProvider() {}

  @Override
  public String name() {
    return "journal";
  }

  @Override
  public List<Setting> settings() {
    return JournalSettings.ALL;
  }

  @Override
  public Broker create(BrokerContext context) {
    return new JournalConnection(context, JournalSettings.of(context));
  }
}
