package dev.missive.nats;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.Multibinder;
import dev.missive.spi.BrokerProvider;
import io.nats.client.Options;
import java.util.function.UnaryOperator;

/**
 * Adds the adapter, with parts overridden in code, to the {@link BrokerProvider}s of an injector;
 * it wins over the one that ServiceLoader finds. Not needed for the defaults.
 *
 * @since 0.1
 */
public final class NatsModule extends AbstractModule {
  private final NatsBrokerProvider provider;

  /** The adapter with default names. */
  public NatsModule() {
    this(NatsNames.DEFAULT, UnaryOperator.identity());
  }

  /**
   * The adapter with names or options of the application's own.
   *
   * @param names see {@link NatsBrokerProvider}
   * @param options see {@link NatsBrokerProvider}
   */
  public NatsModule(NatsNames names, UnaryOperator<Options.Builder> options) {
    this.provider = new NatsBrokerProvider(names, options);
  }

  @Override
  protected void configure() {
    Multibinder.newSetBinder(binder(), BrokerProvider.class).addBinding().toInstance(provider);
  }
}
