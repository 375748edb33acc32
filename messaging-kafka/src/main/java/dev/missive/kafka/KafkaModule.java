package dev.missive.kafka;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.Multibinder;
import dev.missive.spi.BrokerProvider;
import java.util.Map;

/**
 * Adds the Kafka adapter to an injector, with client properties made in code; it wins over the one
 * found on the class path.
 *
 * @since 0.1
 */
public final class KafkaModule extends AbstractModule {
  private final Map<String, Object> properties;

  /**
   * Makes one.
   *
   * @param properties as for Kafka's own clients; those that would break a promise are refused when
   *     the connection is made
   */
  public KafkaModule(Map<String, Object> properties) {
    this.properties = Map.copyOf(properties);
  }

  @Override
  protected void configure() {
    KafkaBrokerProvider provider = new KafkaBrokerProvider(properties);
    Multibinder.newSetBinder(binder(), BrokerProvider.class)
        .addBinding()
        .toProvider(() -> provider);
  }
}
