package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ConnectionState;
import dev.missive.Health;
import dev.missive.Messaging;
import org.junit.jupiter.api.Test;

/** The class path is an application's: this adapter, the runtime, and the in-memory broker. */
final class RabbitBrokerProviderTest {

  @Test
  void the_only_adapter_of_the_class_path_is_taken_without_being_named() {
    try (Messaging messaging = Messaging.open()) {
      Health.Connection connection = messaging.health().connection();

      assertThat(connection.broker()).isEqualTo("rabbitmq");
      assertThat(connection.state()).as("opening does no I/O").isEqualTo(ConnectionState.NEW);
    }
  }
}
