package dev.missive.rabbitmq;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.ConnectionFactory;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The adapter {@code rabbitmq}. Found by ServiceLoader; made in code to override parts.
 *
 * @since 0.1
 */
public final class RabbitBrokerProvider implements BrokerProvider {
  private final Consumer<ConnectionFactory> customizer;
  private final @Nullable RabbitNames names;

  /** With everything as the settings say. */
  public RabbitBrokerProvider() {
    this(factory -> {}, null);
  }

  /**
   * With parts from code.
   *
   * @param customizer called with the client's factory before every connect, after the settings
   *     were applied; for instance {@code factory -> factory.setCredentialsProvider(supplier)}.
   *     Must leave recovery, executors, handlers and socket configurator as they are
   * @param names what things are called at the broker; null for the usual names
   */
  public RabbitBrokerProvider(Consumer<ConnectionFactory> customizer, @Nullable RabbitNames names) {
    this.customizer = requireNonNull(customizer, "customizer");
    this.names = names;
  }

  @Override
  public String name() {
    return "rabbitmq";
  }

  @Override
  public List<Setting> settings() {
    return RabbitSettings.ALL;
  }

  @Override
  public Broker create(BrokerContext context) {
    RabbitSettings settings = new RabbitSettings(context);
    RabbitNames chosen = names == null ? new RabbitNames(settings.exchange) : names;
    return new RabbitConnection(context, settings, chosen, customizer);
  }
}
