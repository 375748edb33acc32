package dev.missive.rabbitmq;

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
import org.junit.jupiter.api.Test;

final class RabbitModuleTest {

  @Test
  void the_injector_makes_a_connection_with_the_adapter_of_the_module() {
    Injector injector =
        Guice.createInjector(
            new MessagingModule().settings(Map.of("broker", "rabbitmq")),
            new RabbitModule(factory -> {}, null));

    Set<BrokerProvider> providers = injector.getInstance(new Key<Set<BrokerProvider>>() {});
    try (Messaging messaging = injector.getInstance(Messaging.class)) {
      assertThat(providers).singleElement().isInstanceOf(RabbitBrokerProvider.class);
      assertThat(messaging.health().connection().broker()).isEqualTo("rabbitmq");
      assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.NEW);
    }
  }
}
