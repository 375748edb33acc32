package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.Recorder;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses Z28, Z29, Z31 and Z32: what is opened, with which settings, and apart from what. */
public interface OpeningRuntimeClauses extends Clauses {
  @Test
  @DisplayName(
      "Z28 an adapter that is not there is named, with those that are; several need a choice")
  default void providers() {
    assertThatThrownBy(() -> lab().open("broker", "rabbitmq"))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PROVIDER_MISSING))
        .hasMessageContaining("no broker provider named \"rabbitmq\"")
        .hasMessageContaining("memory")
        .hasMessageContaining("messaging-rabbitmq");
    assertThatThrownBy(
            () ->
                Messaging.builder()
                    .providers(new NamedProvider("a"), new NamedProvider("b"))
                    .open())
        .hasMessageContaining("MSG-PROVIDER-AMBIGUOUS")
        .hasMessageContaining("a, b");
  }

  /** An adapter with nothing but a name. */
  record NamedProvider(String name) implements dev.missive.spi.BrokerProvider {
    @Override
    public List<Setting> settings() {
      return List.of();
    }

    @Override
    public dev.missive.spi.Broker create(dev.missive.spi.BrokerContext context) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  @DisplayName(
      "Z29 Z32 brokers of different names share nothing; unwrap of a foreign type is empty")
  default void separate() {
    Messaging messaging = lab().open();
    try (Lab other = lab().another()) {
      Recorder seen = new Recorder();
      consume(other.open(), seen);
      consume(messaging, new Recorder());
      messaging.producer().publish(message("k", "v"));
      lab()
          .await(
              "handled",
              () -> messaging.counters().of(TOPIC, GROUP).acked() == 1 || !seen.runs().isEmpty());
      assertThat(seen.runs()).as("what came to another broker").isEmpty();
    }
    assertThat(messaging.unwrap(Thread.class)).as("unwrap of a foreign type").isEmpty();
  }

  @Test
  @DisplayName("Z31 unknown and wrong settings are reported all at once with a suggestion")
  default void settings() {
    assertThatThrownBy(
            () ->
                lab()
                    .open(
                        "retry.max-atempts", "3", "producer.window", "0", "memory.retain", "many"))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("3 problems")
        .hasMessageContaining(
            "retry.max-atempts (code) is not a known setting; did you mean retry.max-attempts?")
        .hasMessageContaining("producer.window (code) was \"0\" but must be at least 1")
        .hasMessageContaining("memory.retain (code) was \"many\" but must be a whole number");
  }
}
