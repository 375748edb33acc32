package dev.missive.rabbitmq;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.Multibinder;
import com.rabbitmq.client.ConnectionFactory;
import dev.missive.spi.BrokerProvider;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Adds the adapter {@code rabbitmq} with parts overridden in code; it wins over ServiceLoader. To
 * be installed beside the {@code MessagingModule}.
 *
 * @since 0.1
 */
public final class RabbitModule extends AbstractModule {
  private final Consumer<ConnectionFactory> customizer;
  private final @Nullable RabbitNames names;

  /**
   * Makes one.
   *
   * @param customizer as for {@link RabbitBrokerProvider}
   * @param names what things are called at the broker; null for the usual names
   */
  public RabbitModule(Consumer<ConnectionFactory> customizer, @Nullable RabbitNames names) {
    this.customizer = customizer;
    this.names = names;
  }

  @Override
  protected void configure() {
    RabbitBrokerProvider provider = new RabbitBrokerProvider(customizer, names);
    Multibinder.newSetBinder(binder(), BrokerProvider.class).addBinding().toInstance(provider);
  }
}
