package dev.missive.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.spi.BrokerProvider.Setting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RangeTest {
  private static final FakeProvider ACME =
      FakeProvider.of(
          "acme",
          Setting.of("acme.port", Integer.class, null, "a port").atLeast("1").atMost("65535"),
          Setting.of("acme.bytes", Long.class, null, "bytes"),
          Setting.of("acme.limit", Long.class, null, "a limit, -1 = none").atLeast("-1"),
          Setting.of("acme.ratio", Double.class, null, "a ratio").atMost("0.5"),
          Setting.of("acme.wait", Duration.class, null, "a wait"),
          Setting.of("acme.beat", Duration.class, null, "a beat").atLeast("1ms").atMost("1h"));

  private static Settings with(String key, String value) {
    return Settings.load(Map.of(key, value), Map.of(), null, List.of(ACME), Environment.empty());
  }

  private static void refused(String key, String value, String why) {
    assertThatThrownBy(() -> with(key, value))
        .hasMessageContaining(key + " (code) was \"" + value + "\" but " + why);
  }

  @Test
  void numbers_and_times_of_adapters_must_not_be_negative_unless_they_may() {
    refused("acme.bytes", "-1", "must not be negative");
    refused("acme.ratio", "-0.1", "must not be negative");
    refused("acme.ratio", "NaN", "must not be negative");
    refused("acme.wait", "PT-1S", "must not be negative");
    refused("acme.limit", "-2", "must be at least -1");
    assertThat(with("acme.limit", "-1").get("acme.limit", Long.class)).isEqualTo(-1);
    assertThat(with("acme.bytes", "0").get("acme.bytes", Long.class)).isZero();
    assertThat(with("acme.wait", "0s").get("acme.wait", Duration.class)).isZero();
  }

  @Test
  void limits_that_an_adapter_sets_hold() {
    refused("acme.port", "0", "must be at least 1");
    refused("acme.port", "65536", "must be at most 65535");
    refused("acme.ratio", "0.51", "must be at most 0.5");
    refused("acme.beat", "PT0.0001S", "must be at least 1ms");
    refused("acme.beat", "61m", "must be at most 1h");
    assertThat(with("acme.port", "65535").get("acme.port", Integer.class)).isEqualTo(65535);
    assertThat(with("acme.ratio", "0.5").get("acme.ratio", Double.class)).isEqualTo(0.5);
    assertThat(with("acme.beat", "1h").get("acme.beat", Duration.class))
        .isEqualTo(Duration.ofHours(1));
  }

  @Test
  void times_that_would_overflow_are_refused() {
    refused("acme.wait", "200000d", "must be at most 36500d");
    refused("producer.deadline", "200000d", "must be at most 36500d");
  }

  @Test
  void numbers_and_times_of_the_runtime_have_their_limits() {
    for (Setting setting : CoreSettings.ALL) {
      boolean zero =
          List.of("connect.attempts", "retry.initial", "retry.max").contains(setting.key());
      if (setting.type() == Duration.class) {
        refused(setting.key(), "PT-1S", zero ? "must not be negative" : "must be at least 1ms");
      } else if (setting.type() == Integer.class || setting.type() == Long.class) {
        refused(setting.key(), "-1", zero ? "must not be negative" : "must be at least 1");
      }
    }
  }
}
