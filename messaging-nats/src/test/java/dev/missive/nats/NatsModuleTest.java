package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import dev.missive.ConnectionState;
import dev.missive.Messaging;
import dev.missive.guice.MessagingModule;
import dev.missive.spi.BrokerProvider;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class NatsModuleTest {

  @Test
  void the_injector_makes_a_connection_with_the_adapter_of_the_module() {
    Injector injector =
        Guice.createInjector(
            new MessagingModule().settings(Map.of("broker", "nats")),
            new NatsModule(NatsNames.DEFAULT, UnaryOperator.identity()));

    Set<BrokerProvider> providers = injector.getInstance(new Key<Set<BrokerProvider>>() {});
    try (Messaging messaging = injector.getInstance(Messaging.class)) {
      assertThat(providers).singleElement().isInstanceOf(NatsBrokerProvider.class);
      assertThat(messaging.health().connection().broker()).isEqualTo("nats");
      assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.NEW);
    }
  }
}
