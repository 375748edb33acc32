package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

final class KafkaModuleTest {

  @Test
  void the_injector_makes_a_connection_with_the_adapter_of_the_module() {
    Injector injector =
        Guice.createInjector(
            new MessagingModule().settings(Map.of("broker", "kafka")),
            new KafkaModule(Map.of("linger.ms", 5)));

    Set<BrokerProvider> providers = injector.getInstance(new Key<Set<BrokerProvider>>() {});
    try (Messaging messaging = injector.getInstance(Messaging.class)) {
      assertThat(providers).singleElement().isInstanceOf(KafkaBrokerProvider.class);
      assertThat(messaging.health().connection().broker()).isEqualTo("kafka");
      assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.NEW);
    }
  }

  /** Which shows that the connection uses them: the adapter of the class path has none. */
  @Test
  void its_properties_are_held_to_the_promises() {
    Injector injector =
        Guice.createInjector(new MessagingModule(), new KafkaModule(Map.of("acks", "1")));

    assertThatThrownBy(() -> injector.getInstance(Messaging.class))
        .hasMessageContaining("acks must be -1 or all");
  }
}
