package dev.missive.core.config;

import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import java.util.List;

/**
 * An adapter that has settings and nothing else.
 *
 * @param name what it is called
 * @param settings what it knows
 */
public record FakeProvider(String name, List<Setting> settings) implements BrokerProvider {
  /**
   * Makes one.
   *
   * @param name what it is called
   * @param settings what it knows
   * @return the adapter
   */
  public static FakeProvider of(String name, Setting... settings) {
    return new FakeProvider(name, List.of(settings));
  }

  @Override
  public Broker create(BrokerContext context) {
    throw new UnsupportedOperationException();
  }
}
