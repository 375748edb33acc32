package dev.missive.nats;

import static java.util.Objects.requireNonNull;

import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import io.nats.client.Options;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The adapter {@code nats}: JetStream through jnats. Immutable.
 *
 * @since 0.1
 */
public final class NatsBrokerProvider implements BrokerProvider {
  private final NatsNames names;
  private final UnaryOperator<Options.Builder> options;

  /** The adapter with default names, as ServiceLoader makes it. */
  public NatsBrokerProvider() {
    this(NatsNames.DEFAULT, UnaryOperator.identity());
  }

  /**
   * The adapter with names or options of the application's own.
   *
   * @param names what topics and groups are called at the server
   * @param options changes the client's options before each connection, for instance a proxy; what
   *     this adapter relies on (reconnect, executors, listeners) is set afterwards
   */
  public NatsBrokerProvider(NatsNames names, UnaryOperator<Options.Builder> options) {
    this.names = requireNonNull(names, "names");
    this.options = requireNonNull(options, "options");
  }

  @Override
  public String name() {
    return "nats";
  }

  @Override
  public List<Setting> settings() {
    return NatsSettings.ALL;
  }

  @Override
  public Broker create(BrokerContext context) {
    return new NatsConnection(context, NatsSettings.of(context), names, options);
  }
}
