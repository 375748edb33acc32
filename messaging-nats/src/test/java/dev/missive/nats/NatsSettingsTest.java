package dev.missive.nats;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider.Setting;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NatsSettingsTest {
  static NatsSettings read(Object... keysAndValues) {
    Map<String, Object> values = new HashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      values.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return NatsSettings.of(new Fixed(values));
  }

  @Test
  void all_defaults() {
    NatsSettings settings = read();

    assertThat(settings.servers).containsExactly("nats://127.0.0.1:4222");
    assertThat(settings.username).isNull();
    assertThat(settings.password).isNull();
    assertThat(settings.token).isNull();
    assertThat(settings.nkey).isNull();
    assertThat(settings.credentialsFile).isNull();
    assertThat(settings.tls).isFalse();
    assertThat(settings.tlsFirst).isFalse();
    assertThat(settings.trustStore).isNull();
    assertThat(settings.keyStore).isNull();
    assertThat(settings.anyHost).isFalse();
    assertThat(settings.replicas).isEqualTo(1);
    assertThat(settings.storage).isEqualTo(NatsSettings.Storage.FILE);
    assertThat(settings.maxAge).isEqualTo(Duration.ofDays(7));
    assertThat(settings.ackWait).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.maxAckPending).isEqualTo(20_000);
    assertThat(settings.dedup).isTrue();
    assertThat(settings.dedupWindow).isEqualTo(Duration.ofMinutes(2));
    assertThat(settings.publishTimeout).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.connectTimeout).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.pingInterval).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.retryDelay).isEqualTo(Duration.ofMillis(250));
    assertThat(settings.longestRetryDelay).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.authRetry).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void every_key_set_and_mapped() {
    Map<String, Object> all = new HashMap<>();
    all.put("nats.servers", List.of("a", "tls://b:1"));
    all.put("nats.username", "u");
    all.put("nats.password", "p");
    all.put("nats.tls", false);
    all.put("nats.tls.first", true);
    all.put("nats.tls.trust-store", "t");
    all.put("nats.tls.trust-store-password", "tp");
    all.put("nats.tls.key-store", "k");
    all.put("nats.tls.key-store-password", "kp");
    all.put("nats.tls.insecure-any-host", true);
    all.put("nats.replicas", 3);
    all.put("nats.storage", NatsSettings.Storage.MEMORY);
    all.put("nats.max-age", Duration.ZERO);
    all.put("nats.ack-wait", Duration.ofSeconds(1));
    all.put("nats.max-ack-pending", 2);
    all.put("nats.dedup", false);
    all.put("nats.dedup-window", Duration.ofSeconds(3));
    all.put("nats.publish-timeout", Duration.ofSeconds(4));
    all.put("nats.connect-timeout", Duration.ofSeconds(6));
    all.put("nats.ping-interval", Duration.ofSeconds(7));
    all.put("nats.retry-delay", Duration.ofSeconds(9));
    all.put("nats.retry-delay-max", Duration.ofSeconds(10));
    all.put("nats.auth-retry", Duration.ofSeconds(8));
    List<String> others = List.of("nats.token", "nats.nkey", "nats.credentials-file");
    assertThat(NatsSettings.ALL)
        .extracting(Setting::key)
        .allMatch(key -> all.containsKey(key) || others.contains(key));

    NatsSettings settings = NatsSettings.of(new Fixed(all));

    assertThat(settings.servers).containsExactly("nats://a:4222", "tls://b:1");
    assertThat(requireNonNull(settings.username).get()).isEqualTo("u");
    assertThat(requireNonNull(settings.password).get()).isEqualTo("p");
    assertThat(settings.tls).as("because of tls://").isTrue();
    assertThat(settings.tlsFirst).isTrue();
    assertThat(settings.trustStore).isEqualTo("t");
    assertThat(settings.trustStorePassword).isEqualTo("tp");
    assertThat(settings.keyStore).isEqualTo("k");
    assertThat(settings.keyStorePassword).isEqualTo("kp");
    assertThat(settings.anyHost).isTrue();
    assertThat(settings.replicas).isEqualTo(3);
    assertThat(settings.storage).isEqualTo(NatsSettings.Storage.MEMORY);
    assertThat(settings.maxAge).isZero();
    assertThat(settings.ackWait).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.maxAckPending).isEqualTo(2);
    assertThat(settings.dedup).isFalse();
    assertThat(settings.dedupWindow).isEqualTo(Duration.ofSeconds(3));
    assertThat(settings.publishTimeout).isEqualTo(Duration.ofSeconds(4));
    assertThat(settings.connectTimeout).isEqualTo(Duration.ofSeconds(6));
    assertThat(settings.pingInterval).isEqualTo(Duration.ofSeconds(7));
    assertThat(settings.retryDelay).isEqualTo(Duration.ofSeconds(9));
    assertThat(settings.longestRetryDelay).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.authRetry).isEqualTo(Duration.ofSeconds(8));
    assertThat(requireNonNull(read("nats.token", "t").token).get()).isEqualTo("t");
    assertThat(requireNonNull(read("nats.nkey", "n").nkey).get()).isEqualTo("n");
    assertThat(read("nats.credentials-file", "c").credentialsFile).isEqualTo("c");
  }

  @Test
  void what_is_secret_in_an_address_moves_out_of_it() {
    NatsSettings user = read("nats.servers", List.of("nats://u:p@host:1", "nats://other"));
    NatsSettings token = read("nats.servers", List.of("nats://tok@host:1"));

    assertThat(user.servers).containsExactly("nats://host:1", "nats://other:4222");
    assertThat(requireNonNull(user.username).get()).isEqualTo("u");
    assertThat(requireNonNull(user.password).get()).isEqualTo("p");
    assertThat(requireNonNull(token.token).get()).isEqualTo("tok");
  }

  @Test
  void a_password_of_its_own_wins_over_the_address() {
    for (String address : List.of("nats://u:old@host", "nats://u@host")) {
      NatsSettings settings = read("nats.servers", List.of(address), "nats.password", "new");

      assertThat(requireNonNull(settings.username).get()).isEqualTo("u");
      assertThat(requireNonNull(settings.password).get()).isEqualTo("new");
      assertThat(settings.token).isNull();
    }
  }

  @Test
  void every_problem_is_reported_at_once_without_secrets() {
    assertThatThrownBy(
            () ->
                read(
                    "nats.servers",
                    List.of("http://u:canary@x", "nats://"),
                    "nats.token",
                    "canary",
                    "nats.password",
                    "canary",
                    "nats.nkey",
                    "canary",
                    "nats.replicas",
                    6,
                    "nats.max-ack-pending",
                    0,
                    "nats.ack-wait",
                    Duration.ZERO,
                    "nats.max-age",
                    Duration.ofSeconds(-1),
                    "nats.ping-interval",
                    Duration.ZERO))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("9 problems")
        .hasMessageContaining("nats.replicas was 6 but must be 1 to 5")
        .hasMessageContaining("only one may be set")
        .hasMessageNotContaining("canary");
  }

  /** Values by key, else the default of the setting. */
  private record Fixed(Map<String, Object> values) implements BrokerContext {
    @Override
    public <T> T setting(String key, Class<T> type) {
      return optional(key, type).orElseThrow();
    }

    @Override
    public <T> Optional<T> optional(String key, Class<T> type) {
      Setting setting =
          NatsSettings.ALL.stream().filter(s -> s.key().equals(key)).findFirst().orElseThrow();
      assertThat(setting.type()).isEqualTo(type);
      Object value = values.containsKey(key) ? values.get(key) : parse(setting);
      return Optional.ofNullable(type.cast(value));
    }

    private static @Nullable Object parse(Setting setting) {
      String text = setting.byDefault();
      if (text == null || setting.type() == String.class) {
        return text;
      } else if (setting.type() == List.class) {
        return List.of(text);
      } else if (setting.type() == Integer.class) {
        return Integer.valueOf(text);
      } else if (setting.type() == Boolean.class) {
        return Boolean.valueOf(text);
      } else if (setting.type() == NatsSettings.Storage.class) {
        return NatsSettings.Storage.valueOf(text);
      }
      if (text.endsWith("ms")) {
        return Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
      }
      return Duration.parse(
          text.endsWith("d") ? "P" + text.toUpperCase() : "PT" + text.toUpperCase());
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
    public void connection(Link state, String reason, @Nullable Throwable cause) {
      throw new UnsupportedOperationException();
    }
  }
}
