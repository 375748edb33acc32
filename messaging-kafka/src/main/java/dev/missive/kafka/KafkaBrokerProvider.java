package dev.missive.kafka;

import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import java.util.List;
import java.util.Map;

/**
 * The adapter {@code kafka}. Thread-safe.
 *
 * @since 0.1
 */
public final class KafkaBrokerProvider implements BrokerProvider {
  private final Map<String, Object> properties;

  /** With what the settings say. For {@link java.util.ServiceLoader}. */
  public KafkaBrokerProvider() {
    this(Map.of());
  }

  /**
   * With client properties made in code, which win over the settings {@code kafka.client.*}.
   *
   * @param properties as for Kafka's own clients, for instance a callback handler for logins
   */
  public KafkaBrokerProvider(Map<String, Object> properties) {
    this.properties = Map.copyOf(properties);
  }

  @Override
  public String name() {
    return "kafka";
  }

  @Override
  public List<Setting> settings() {
    return KafkaSettings.ALL;
  }

  @Override
  public Broker create(BrokerContext context) {
    return new KafkaConnection(context, KafkaSettings.read(context, properties));
  }
}
