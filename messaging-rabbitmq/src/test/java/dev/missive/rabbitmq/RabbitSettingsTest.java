package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Address;
import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider.Setting;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RabbitSettingsTest {

  @Test
  void defaults() {
    RabbitSettings settings = read(Map.of());

    assertThat(settings.addresses).containsExactly(new Address("localhost", 5672));
    assertThat(settings.username.get()).isEqualTo("guest");
    assertThat(settings.password.get()).isEqualTo("guest");
    assertThat(settings.vhost).isEqualTo("/");
    assertThat(settings.exchange).isEqualTo("missive.topics");
    assertThat(settings.queueType).isEqualTo(QueueType.QUORUM);
    assertThat(settings.heartbeat).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.connectTimeout).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.answerTimeout).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.retryDelay).isEqualTo(Duration.ofMillis(250));
    assertThat(settings.longestRetryDelay).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.authRetry).isEqualTo(Duration.ofMinutes(1));
    assertThat(settings.consumerTimeout).isEqualTo(Duration.ofMinutes(30));
    assertThat(settings.maxBytes).isEqualTo(16_777_216);
    assertThat(settings.waitInProcess).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.tls).isFalse();
    assertThat(settings.anyHost).isFalse();
    assertThat(settings.trustStore).isNull();
    assertThat(settings.keyStore).isNull();
  }

  /**
   * Quorum queues keep only two priorities apart before 4.3, and other queues what they are made
   * for.
   */
  @ParameterizedTest
  @CsvSource({
    "3.10.8, QUORUM, NONE",
    "3.13.7, QUORUM, NONE",
    "4.0.5, QUORUM, NONE",
    "4.2.9, QUORUM, NONE",
    "4.3.0, QUORUM, NATIVE",
    "4.10.1, QUORUM, NATIVE",
    "5.0.0, QUORUM, NATIVE",
    "unknown, QUORUM, NONE",
    "4.3.6, CLASSIC, NONE",
    "3.10.8, PRIORITY, NATIVE"
  })
  void priorities_are_promised_where_they_are_kept_apart(
      String version, QueueType type, Capability.Support support) {
    RabbitSettings settings = read(Map.of("rabbitmq.queue-type", type));

    assertThat(RabbitTraits.of(version, settings).support(Capability.PRIORITY)).isEqualTo(support);
    assertThat(RabbitTraits.why(Capability.PRIORITY).orElseThrow()).contains("rabbitmq.queue-type");
  }

  @Test
  void every_key_is_read() {
    RabbitSettings settings =
        read(
            Map.ofEntries(
                Map.entry("rabbitmq.addresses", List.of("a:1", "b")),
                Map.entry("rabbitmq.port", 7),
                Map.entry("rabbitmq.username", "u"),
                Map.entry("rabbitmq.password", "p"),
                Map.entry("rabbitmq.vhost", "v"),
                Map.entry("rabbitmq.exchange", "x"),
                Map.entry("rabbitmq.queue-type", QueueType.PRIORITY),
                Map.entry("rabbitmq.heartbeat", Duration.ofSeconds(1)),
                Map.entry("rabbitmq.connect-timeout", Duration.ofSeconds(2)),
                Map.entry("rabbitmq.answer-timeout", Duration.ofSeconds(3)),
                Map.entry("rabbitmq.retry-delay", Duration.ofSeconds(4)),
                Map.entry("rabbitmq.retry-delay-max", Duration.ofSeconds(5)),
                Map.entry("rabbitmq.auth-retry", Duration.ofSeconds(6)),
                Map.entry("rabbitmq.consumer-timeout", Duration.ZERO),
                Map.entry("rabbitmq.max-bytes", 7L),
                Map.entry("rabbitmq.wait-in-process", Duration.ofSeconds(8)),
                Map.entry("rabbitmq.tls", true),
                Map.entry("rabbitmq.tls.trust-store", "t"),
                Map.entry("rabbitmq.tls.trust-store-password", "tp"),
                Map.entry("rabbitmq.tls.key-store", "k"),
                Map.entry("rabbitmq.tls.key-store-password", "kp"),
                Map.entry("rabbitmq.tls.insecure-any-host", true)));

    assertThat(settings.addresses).containsExactly(new Address("a", 1), new Address("b", 7));
    assertThat(settings.username.get()).isEqualTo("u");
    assertThat(settings.password.get()).isEqualTo("p");
    assertThat(settings.vhost).isEqualTo("v");
    assertThat(settings.exchange).isEqualTo("x");
    assertThat(settings.queueType).isEqualTo(QueueType.PRIORITY);
    assertThat(settings.heartbeat).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.connectTimeout).isEqualTo(Duration.ofSeconds(2));
    assertThat(settings.answerTimeout).isEqualTo(Duration.ofSeconds(3));
    assertThat(settings.retryDelay).isEqualTo(Duration.ofSeconds(4));
    assertThat(settings.longestRetryDelay).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.authRetry).isEqualTo(Duration.ofSeconds(6));
    assertThat(settings.consumerTimeout).isZero();
    assertThat(settings.maxBytes).isEqualTo(7);
    assertThat(settings.waitInProcess).isEqualTo(Duration.ofSeconds(8));
    assertThat(settings.tls).isTrue();
    assertThat(settings.trustStore).isEqualTo("t");
    assertThat(settings.trustStorePassword).isEqualTo("tp");
    assertThat(settings.keyStore).isEqualTo("k");
    assertThat(settings.keyStorePassword).isEqualTo("kp");
    assertThat(settings.anyHost).isTrue();
  }

  @Test
  void the_url_is_taken_apart_and_single_settings_win() {
    RabbitSettings settings =
        read(
            Map.of(
                "rabbitmq.url",
                "amqps://us%40er:pa%2Fss+word@example.org/my%2Fhost",
                "rabbitmq.port",
                1234));

    assertThat(settings.tls).isTrue();
    assertThat(settings.addresses).containsExactly(new Address("example.org", 1234));
    assertThat(settings.username.get()).isEqualTo("us@er");
    assertThat(settings.password.get()).isEqualTo("pa/ss+word");
    assertThat(settings.vhost).isEqualTo("my/host");
    assertThat(read(Map.of("rabbitmq.url", "amqp://h:99")).addresses)
        .containsExactly(new Address("h", 99));
    assertThat(read(Map.of("rabbitmq.url", "amqps://h")).addresses)
        .containsExactly(new Address("h", 5671));
  }

  @Test
  void several_urls_name_the_nodes_of_a_cluster() {
    RabbitSettings settings =
        read(
            Map.of("rabbitmq.url", "amqp://u:a,b@one:1/v,amqp://u:a,b@two:2/v,amqp://u:a,b@two/v"));

    assertThat(settings.addresses)
        .containsExactly(new Address("one", 1), new Address("two", 2), new Address("two", 5672));
    assertThat(settings.password.get()).isEqualTo("a,b");
    assertThat(settings.vhost).isEqualTo("v");
    assertThatThrownBy(
            () -> read(Map.of("rabbitmq.url", "amqp://u:geheim@one,amqp://u:geheim2@two")))
        .hasMessageContaining("rabbitmq.url names several nodes")
        .hasMessageNotContaining("geheim");
  }

  @Test
  void all_problems_are_reported_at_once_and_no_secret_is_shown() {
    assertThatThrownBy(
            () ->
                read(
                    Map.of(
                        "rabbitmq.url",
                        "http://u:geheim@h",
                        "rabbitmq.port",
                        0,
                        "rabbitmq.heartbeat",
                        Duration.ofMillis(1),
                        "rabbitmq.max-bytes",
                        0L,
                        "rabbitmq.tls.trust-store",
                        "t")))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID);
              assertThat(e.getMessage())
                  .contains("5 problems", "rabbitmq.url", "rabbitmq.port", "rabbitmq.heartbeat")
                  .contains("rabbitmq.max-bytes was 0")
                  .doesNotContain("geheim");
            });
  }

  static RabbitSettings read(Map<String, Object> values) {
    return new RabbitSettings(new Given(values));
  }

  /** Hands out what a test gives, and the defaults that need no parsing of ours. */
  private record Given(Map<String, Object> values) implements BrokerContext {
    @Override
    public <T> T setting(String key, Class<T> type) {
      return optional(key, type).orElseThrow();
    }

    @Override
    public <T> Optional<T> optional(String key, Class<T> type) {
      Setting setting =
          RabbitSettings.ALL.stream().filter(s -> s.key().equals(key)).findFirst().orElseThrow();
      assertThat(setting.type()).isEqualTo(type);
      Object value = values.get(key);
      return Optional.ofNullable(type.cast(value == null ? byDefault(setting) : value));
    }

    private static @Nullable Object byDefault(Setting setting) {
      String text = setting.byDefault();
      if (text == null) {
        return null;
      }
      if (setting.type() == Boolean.class) {
        return Boolean.valueOf(text);
      }
      if (setting.type() == Long.class) {
        return Long.valueOf(text);
      }
      if (setting.type() == QueueType.class) {
        return QueueType.valueOf(text);
      }
      if (setting.type() == Duration.class) {
        return Duration.parse(
            text.endsWith("ms")
                ? "PT0." + text.replace("ms", "S")
                : "PT" + text.toUpperCase(Locale.ROOT));
      }
      return text;
    }

    @Override
    public Optional<Supplier<String>> credential(String key) {
      return optional(key, String.class).map(value -> () -> value);
    }

    @Override
    public String clientName() {
      return "test";
    }

    @Override
    public Time time() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ThreadFactory threads(String role) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void connection(Link state, String reason, @Nullable Throwable cause) {}
  }
}
