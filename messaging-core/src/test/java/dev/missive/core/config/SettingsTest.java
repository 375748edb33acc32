package dev.missive.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SettingsTest {
  private static final String CANARY = "hunter2-canary";

  /** An adapter with a secret and a variable of its own. */
  private static final BrokerProvider ACME =
      new BrokerProvider() {
        @Override
        public String name() {
          return "acme";
        }

        @Override
        public List<Setting> settings() {
          return List.of(
              new Setting(
                  "acme.url", String.class, null, false, List.of("ACME_URL"), "the address"),
              new Setting("acme.password", String.class, null, true, List.of(), "the password"),
              new Setting("acme.pin", Integer.class, null, true, List.of(), "a secret number"));
        }

        @Override
        public Broker create(BrokerContext context) {
          throw new UnsupportedOperationException();
        }
      };

  private static Settings load(
      Map<String, String> code,
      String connection,
      Map<String, String> properties,
      Map<String, String> variables,
      Map<String, String> files) {
    return Settings.load(
        code,
        Map.of(),
        connection,
        List.of(ACME),
        new Environment(properties, variables, name -> Optional.ofNullable(files.get(name))));
  }

  private static Settings file(String name, String text) {
    return load(Map.of(), null, Map.of(), Map.of(), Map.of(name, text));
  }

  @Test
  void every_setting_has_its_default() {
    Settings settings = load(Map.of(), null, Map.of(), Map.of(), Map.of());

    assertThat(settings.find("broker", String.class)).isEmpty();
    assertThat(settings.get("producer.deadline", Duration.class)).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.get("producer.window", Integer.class)).isEqualTo(1000);
    assertThat(settings.get("producer.window-bytes", Long.class)).isEqualTo(8L * 1024 * 1024);
    assertThat(settings.get("producer.strict-key-order", Boolean.class)).isFalse();
    assertThat(settings.get("consumer.concurrency", Integer.class)).isEqualTo(1);
    assertThat(settings.get("consumer.stall-after", Duration.class))
        .isEqualTo(Duration.ofMinutes(1));
    assertThat(settings.get("retry.max-attempts", Integer.class)).isEqualTo(5);
    assertThat(settings.get("connect.timeout", Duration.class)).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.get("topology.mode", TopologyMode.class)).isEqualTo(TopologyMode.DECLARE);
    assertThat(settings.get("message.max-bytes", Long.class)).isEqualTo(1_000_000);
    assertThat(settings.effective())
        .hasSize(CoreSettings.ALL.size() + 3)
        .extracting(Messaging.Setting::key)
        .isSorted();
  }

  @Test
  void stronger_sources_win() {
    Map<String, String> files = Map.of("messaging.yaml", "producer:\n  window: 1\n");
    Map<String, String> variables = Map.of("MESSAGING_PRODUCER_WINDOW", "2");
    Map<String, String> properties = Map.of("messaging.producer.window", "3");
    Map<String, String> code = Map.of("producer.window", "4");

    assertThat(window(load(Map.of(), null, Map.of(), Map.of(), files))).isEqualTo(1);
    assertThat(window(load(Map.of(), null, Map.of(), variables, files))).isEqualTo(2);
    assertThat(window(load(Map.of(), null, properties, variables, files))).isEqualTo(3);
    assertThat(window(load(code, null, properties, variables, files))).isEqualTo(4);
  }

  private static int window(Settings settings) {
    return settings.get("producer.window", Integer.class);
  }

  @Test
  void the_adapters_own_variable_is_weaker_than_ours() {
    Map<String, String> variables = new HashMap<>(Map.of("ACME_URL", "theirs"));
    assertThat(load(Map.of(), null, Map.of(), variables, Map.of()).get("acme.url", String.class))
        .isEqualTo("theirs");
    variables.put("MESSAGING_ACME_URL", "ours");
    assertThat(load(Map.of(), null, Map.of(), variables, Map.of()).get("acme.url", String.class))
        .isEqualTo("ours");
  }

  @Test
  void settings_of_a_named_connection_win_over_general_ones_of_any_source() {
    Map<String, String> files =
        Map.of("messaging.yaml", "connections:\n  audit:\n    acme:\n      url: audit\n");
    Map<String, String> code = Map.of("acme.url", "general");

    assertThat(load(code, "audit", Map.of(), Map.of(), files).get("acme.url", String.class))
        .isEqualTo("audit");
    assertThat(load(code, null, Map.of(), Map.of(), files).get("acme.url", String.class))
        .isEqualTo("general");
    Map<String, String> variable = Map.of("MESSAGING_CONNECTIONS_AUDIT_ACME_URL", "by variable");
    assertThat(load(code, "audit", Map.of(), variable, files).get("acme.url", String.class))
        .isEqualTo("by variable");
  }

  @Test
  void files_may_be_yaml_or_properties_but_not_both() {
    assertThat(window(file("messaging.properties", "producer.window=7"))).isEqualTo(7);
    Object aliases =
        file(
                "messaging.yaml",
                "dead-letter:\n  aliases: [missive-dl-topic=b, missive-dl-error=d]\n")
            .get("dead-letter.aliases", List.class);
    assertThat(aliases).isEqualTo(List.of("missive-dl-topic=b", "missive-dl-error=d"));
    assertThatThrownBy(
            () ->
                load(
                    Map.of(),
                    null,
                    Map.of(),
                    Map.of(),
                    Map.of("messaging.yaml", "", "messaging.properties", "")))
        .hasMessageContaining("both messaging.yaml and messaging.properties exist");
    assertThatThrownBy(() -> file("messaging.yaml", "a: [" + CANARY))
        .hasMessageContaining("not valid YAML at line")
        .hasMessageNotContaining(CANARY);
    assertThatThrownBy(
            () -> load(Map.of(), null, Map.of("messaging.config", "gone.yaml"), Map.of(), Map.of()))
        .hasMessageContaining("gone.yaml");
  }

  @Test
  void all_problems_are_reported_at_once_with_source_and_suggestion() {
    assertThatThrownBy(
            () ->
                load(
                    Map.of("retry.max-atempts", "3", "retry.initial", "2m"),
                    null,
                    Map.of("messaging.producer.window", "0"),
                    Map.of("MESSAGING_PRODUCER_WINDOWS", "1", "MESSAGING_TOPOLOGY_MODE", "maybe"),
                    Map.of("messaging.yaml", "connect:\n  timeout: soon\n")))
        .isInstanceOf(MessagingException.class)
        .hasMessageContaining("[MSG-CONFIG-INVALID] 6 problems")
        .hasMessageContaining("did you mean retry.max-attempts?")
        .hasMessageContaining(
            "producer.window (system property messaging.producer.window) was \"0\" but must be at"
                + " least 1")
        .hasMessageContaining("did you mean MESSAGING_PRODUCER_WINDOW?")
        .hasMessageContaining("must be one of DECLARE, VERIFY, NONE")
        .hasMessageContaining("connect.timeout (file messaging.yaml, line 2) was \"soon\"")
        .hasMessageContaining("retry.max was PT1M but must be at least retry.initial, PT2M");
  }

  @Test
  void secrets_are_never_shown() {
    Settings settings = load(Map.of("acme.password", CANARY), null, Map.of(), Map.of(), Map.of());
    assertThat(settings.get("acme.password", String.class)).isEqualTo(CANARY);
    assertThat(settings.effective().toString()).doesNotContain(CANARY).contains("value=***");
    assertThatThrownBy(() -> load(Map.of("acme.pin", CANARY), null, Map.of(), Map.of(), Map.of()))
        .hasMessageContaining("acme.pin (code) was ***")
        .hasMessageNotContaining(CANARY);
  }
}
