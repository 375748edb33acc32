package dev.missive.core.config;

import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import java.util.List;

/** An adapter that has settings and nothing else. */
public record FakeProvider(String name, List<Setting> settings) implements BrokerProvider {
  public static FakeProvider of(String name, Setting... settings) {
    return new FakeProvider(name, List.of(settings));
  }

  @Override
  public Broker create(BrokerContext context) {
    throw new UnsupportedOperationException();
  }
}
