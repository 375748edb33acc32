package dev.missive.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.missive.spi.BrokerProvider.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Every key of the runtime, from every source. A new key needs a line in {@link #VALUES}. */
final class CoreSettingsTest {
  /**
   * A text that is not the default, and what it means.
   *
   * @param text as written in a source
   * @param value as the runtime gets it
   */
  private record Sample(String text, Object value) {}

  private static final Map<String, Sample> VALUES = new LinkedHashMap<>();

  static {
    VALUES.put("broker", new Sample("acme", "acme"));
    VALUES.put("application", new Sample("shop", "shop"));
    VALUES.put("connections", new Sample("audit, orders", List.of("audit", "orders")));
    VALUES.put("producer.deadline", new Sample("7s", Duration.ofSeconds(7)));
    VALUES.put("producer.window", new Sample("17", 17));
    VALUES.put("producer.window-bytes", new Sample("4096", 4096L));
    VALUES.put("producer.strict-key-order", new Sample("true", true));
    VALUES.put("producer.fail-when-full", new Sample("TRUE", true));
    VALUES.put("producer.time-to-live", new Sample("2h", Duration.ofHours(2)));
    VALUES.put("consumer.concurrency", new Sample("9", 9));
    VALUES.put("consumer.max-in-flight", new Sample("33", 33));
    VALUES.put("consumer.max-handling-time", new Sample("PT90S", Duration.ofSeconds(90)));
    VALUES.put("consumer.stall-after", new Sample("5m", Duration.ofMinutes(5)));
    VALUES.put("retry.initial", new Sample("250ms", Duration.ofMillis(250)));
    VALUES.put("retry.max", new Sample("1d", Duration.ofDays(1)));
    VALUES.put("retry.max-attempts", new Sample("3", 3));
    VALUES.put("connect.timeout", new Sample("1s", Duration.ofSeconds(1)));
    VALUES.put("admin.timeout", new Sample("2s", Duration.ofSeconds(2)));
    VALUES.put("connect.attempts", new Sample("4", 4));
    VALUES.put("connect.retry-delay", new Sample("1s", Duration.ofSeconds(1)));
    VALUES.put("connect.retry-delay-max", new Sample("2s", Duration.ofSeconds(2)));
    VALUES.put("connect.fail-fast", new Sample("true", true));
    VALUES.put("topology.mode", new Sample("verify", TopologyMode.VERIFY));
    VALUES.put("dead-letter.message", new Sample("false", false));
    VALUES.put("dead-letter.stack", new Sample("true", true));
    VALUES.put(
        "dead-letter.aliases",
        new Sample("missive-dl-topic=topic", List.of("missive-dl-topic=topic")));
    VALUES.put("message.max-bytes", new Sample("5000000", 5_000_000L));
  }

  @Test
  void every_key_has_a_sample_that_is_not_its_default() {
    assertThat(VALUES.keySet())
        .containsExactlyInAnyOrderElementsOf(CoreSettings.ALL.stream().map(Setting::key).toList());
    Settings defaults = load(Map.of(), Map.of(), Map.of(), Map.of(), null);
    for (Setting setting : CoreSettings.ALL) {
      assertThat((Object) defaults.find(setting.key(), setting.type()).orElse(null))
          .as(setting.key())
          .isNotEqualTo(sample(setting).value());
    }
  }

  @Test
  void an_application_without_a_name_is_called_as_the_system_calls_its_host() throws IOException {
    Path host = Path.of("/proc/sys/kernel/hostname");
    assumeTrue(Files.exists(host), "Linux says its name without asking anybody");

    assertThat(CoreSettings.defaultApplication())
        .matches("[A-Za-z0-9_-]+")
        .startsWith(Files.readString(host).strip().replace('.', '-'))
        .endsWith("-" + ProcessHandle.current().pid());
  }

  @Test
  void every_key_arrives_from_code() {
    arrives("code", (key, text) -> load(Map.of(key, text), Map.of(), Map.of(), Map.of(), null));
  }

  @Test
  void every_key_arrives_from_system_properties() {
    arrives(
        "system property messaging.",
        (key, text) -> load(Map.of(), Map.of("messaging." + key, text), Map.of(), Map.of(), null));
  }

  @Test
  void every_key_arrives_from_variables() {
    arrives(
        "variable MESSAGING_",
        (key, text) -> load(Map.of(), Map.of(), Map.of(variable(key), text), Map.of(), null));
  }

  @Test
  void every_key_arrives_from_files() {
    arrives(
        "file messaging.properties, line 2",
        (key, text) ->
            load(
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of("messaging.properties", "# comment\n" + key + "=" + text),
                null));
    arrives(
        "file messaging.yaml, line ",
        (key, text) ->
            load(
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of("messaging.yaml", key.replace(".", ":\n  ") + ": \"" + text + "\"\n"),
                null));
  }

  @Test
  void every_key_arrives_at_a_named_connection() {
    for (Setting setting : CoreSettings.ALL) {
      if (setting.key().equals("connections")) {
        continue;
      }
      String key = "connections.order-audit." + setting.key();
      String text = sample(setting).text();
      for (Settings settings :
          List.of(
              load(Map.of(key, text), Map.of(), Map.of(), Map.of(), "order-audit"),
              load(Map.of(), Map.of("messaging." + key, text), Map.of(), Map.of(), "order-audit"),
              load(Map.of(), Map.of(), Map.of(variable(key), text), Map.of(), "order-audit"),
              load(
                  Map.of(),
                  Map.of(),
                  Map.of(),
                  Map.of("messaging.properties", key + "=" + text),
                  "order-audit"))) {
        assertThat((Object) settings.find(setting.key(), setting.type()).orElse(null))
            .as(key)
            .isEqualTo(sample(setting).value());
      }
    }
  }

  private interface Source {
    Settings with(String key, String text);
  }

  private static void arrives(String origin, Source source) {
    for (Setting setting : CoreSettings.ALL) {
      Settings settings = source.with(setting.key(), sample(setting).text());
      assertThat((Object) settings.find(setting.key(), setting.type()).orElse(null))
          .as(setting.key())
          .isEqualTo(sample(setting).value());
      assertThat(settings.effective())
          .filteredOn(shown -> shown.key().equals(setting.key()))
          .singleElement()
          .satisfies(shown -> assertThat(shown.origin()).startsWith(origin));
    }
  }

  private static Sample sample(Setting setting) {
    return Objects.requireNonNull(VALUES.get(setting.key()), setting.key());
  }

  /** Built here by itself, as the documentation says. */
  private static String variable(String key) {
    return "MESSAGING_" + key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }

  private static Settings load(
      Map<String, String> code,
      Map<String, String> properties,
      Map<String, String> variables,
      Map<String, String> files,
      String connection) {
    return Settings.load(
        code,
        Map.of(),
        connection,
        List.of(),
        new Environment(properties, variables, name -> Optional.ofNullable(files.get(name))));
  }
}
