package dev.missive.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.spi.BrokerProvider.Setting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ConnectionSettingsTest {
  private static final FakeProvider ACME =
      FakeProvider.of(
          "acme",
          Setting.of("acme.url", String.class, "general", "the address"),
          Setting.of("acme.pin", Integer.class, null, "a number"));

  private static Settings load(
      String connection, Map<String, String> code, Map<String, String> variables, String yaml) {
    return Settings.load(
        code,
        Map.of(),
        connection,
        List.of(ACME),
        new Environment(
            Map.of(),
            variables,
            name -> name.equals("messaging.yaml") ? Optional.ofNullable(yaml) : Optional.empty()));
  }

  private static String url(String connection, Map<String, String> variables, String yaml) {
    return load(connection, Map.of(), variables, yaml).get("acme.url", String.class);
  }

  @Test
  void a_variable_finds_names_with_dashes_and_capitals() {
    Map<String, String> dashed = Map.of("MESSAGING_CONNECTIONS_ORDER_AUDIT_ACME_URL", "mine");
    assertThat(url("order-audit", dashed, null)).isEqualTo("mine");
    assertThat(url("Order_Audit", dashed, null)).isEqualTo("mine");
    assertThat(url("orderAudit", Map.of("MESSAGING_CONNECTIONS_ORDERAUDIT_ACME_URL", "mine"), null))
        .isEqualTo("mine");
  }

  @Test
  void a_variable_finds_connections_that_other_sources_name() {
    Map<String, String> variable = Map.of("MESSAGING_CONNECTIONS_ORDER_AUDIT_ACME_URL", "mine");
    String yaml = "connections:\n  order-audit:\n    acme:\n      pin: 1\n";
    assertThat(url(null, variable, yaml)).isEqualTo("general");
    assertThat(url("order-audit", variable, yaml)).isEqualTo("mine");
    assertThat(url("other", variable, yaml)).isEqualTo("general");
    Settings byCode = load(null, Map.of("connections.order-audit.acme.pin", "1"), variable, null);
    assertThat(byCode.get("acme.url", String.class)).isEqualTo("general");
  }

  @Test
  void connections_of_variables_alone_are_listed() {
    Map<String, String> variables =
        Map.of(
            "MESSAGING_CONNECTIONS", "audit,order-audit",
            "MESSAGING_CONNECTIONS_AUDIT_ACME_URL", "first",
            "MESSAGING_CONNECTIONS_ORDER_AUDIT_ACME_URL", "second");
    assertThat(url(null, variables, null)).isEqualTo("general");
    assertThat(url("audit", variables, null)).isEqualTo("first");
    assertThat(url("order-audit", variables, null)).isEqualTo("second");
    String yaml = "connections: [audit, order-audit]";
    assertThat(url(null, Map.of("MESSAGING_CONNECTIONS_AUDIT_ACME_URL", "first"), yaml))
        .isEqualTo("general");
  }

  @Test
  void a_variable_of_no_known_connection_is_an_error() {
    assertThatThrownBy(
            () -> url("audit", Map.of("MESSAGING_CONNECTIONS_AUDTI_ACME_URL", "x"), null))
        .hasMessageContaining("1 problem\n")
        .hasMessageContaining(
            "MESSAGING_CONNECTIONS_AUDTI_ACME_URL names no known connection; did you mean"
                + " MESSAGING_CONNECTIONS_AUDIT_ACME_URL?")
        .hasMessageContaining("Known are [audit]");
    assertThatThrownBy(() -> url(null, Map.of("MESSAGING_CONNECTIONS_AUDIT_ACME_URL", "x"), null))
        .hasMessageContaining(
            "MESSAGING_CONNECTIONS_AUDIT_ACME_URL names no known connection; list its name in the"
                + " setting connections. Known are []");
    assertThatThrownBy(
            () -> url("audit", Map.of("MESSAGING_CONNECTIONS_AUDIT_ACME_ULR", "x"), null))
        .hasMessageContaining(
            "MESSAGING_CONNECTIONS_AUDIT_ACME_ULR is not a known setting; did you mean"
                + " MESSAGING_CONNECTIONS_AUDIT_ACME_URL?");
  }

  @Test
  void a_variable_of_two_connections_is_an_error() {
    Map<String, String> variables =
        Map.of(
            "MESSAGING_CONNECTIONS", "order-audit,Order_Audit",
            "MESSAGING_CONNECTIONS_ORDER_AUDIT_ACME_URL", "x");
    assertThatThrownBy(() -> url(null, variables, null))
        .hasMessageContaining(
            "MESSAGING_CONNECTIONS_ORDER_AUDIT_ACME_URL may be connections.Order_Audit.acme.url or"
                + " connections.order-audit.acme.url");
  }

  @Test
  void values_of_connections_that_are_opened_later_are_checked_now() {
    String yaml =
        "producer:\n  window: 5\n"
            + "connections:\n"
            + "  audit:\n"
            + "    acme:\n"
            + "      pin: many\n"
            + "  orders:\n"
            + "    producer:\n"
            + "      window: 0\n"
            + "      windwo: 7\n"
            + "    retry:\n"
            + "      initial: 2h\n";
    for (String opened : new String[] {null, "audit", "third"}) {
      assertThatThrownBy(() -> load(opened, Map.of(), Map.of(), yaml))
          .hasMessageContaining("4 problems")
          .hasMessageContaining(
              "connections.audit.acme.pin (file messaging.yaml, line 6) was \"many\" but must be a"
                  + " whole number")
          .hasMessageContaining(
              "connections.orders.producer.window (file messaging.yaml, line 9) was \"0\" but must"
                  + " be at least 1")
          .hasMessageContaining(
              "connections.orders.producer.windwo (file messaging.yaml, line 10) is not a known"
                  + " setting; did you mean connections.orders.producer.window?")
          .hasMessageContaining(
              "connections.orders.retry.max was PT1M but must be at least"
                  + " connections.orders.retry.initial, PT2H");
    }
  }

  @Test
  void the_waits_of_one_connection_say_nothing_about_another() {
    Map<String, String> code =
        Map.of(
            "connections.audit.retry.initial", "2m",
            "connections.audit.retry.max", "5m",
            "connections.orders.retry.max", "90s");
    assertThat(load("audit", code, Map.of(), null).get("retry.max", Duration.class))
        .isEqualTo(Duration.ofMinutes(5));
    assertThat(load("orders", code, Map.of(), null).get("retry.max", Duration.class))
        .isEqualTo(Duration.ofSeconds(90));
  }

  @Test
  void names_are_tokens_and_the_list_is_general() {
    assertThatThrownBy(() -> load("eu.audit", Map.of(), Map.of(), null))
        .hasMessageContaining(
            "the connection was called \"eu.audit\" but its name must consist of letters, digits,"
                + " - and _");
    assertThatThrownBy(
            () -> load(null, Map.of("connections.audit.connections", "x"), Map.of(), null))
        .hasMessageContaining("connections.audit.connections (code) cannot be set");
  }

  @Test
  void an_adapter_may_declare_its_own_keys_only() {
    assertThatThrownBy(
            () ->
                Settings.load(
                    Map.of(),
                    Map.of(),
                    null,
                    List.of(
                        ACME,
                        FakeProvider.of(
                            "evil",
                            Setting.of("producer.window", Integer.class, "1", "core's"),
                            Setting.of("acme.url", String.class, null, "acme's"),
                            Setting.of("evil", String.class, null, "no dot"),
                            Setting.of("evil.a-b", String.class, null, "fine"),
                            Setting.of("evil.a.b", String.class, null, "same variable"),
                            Setting.of("evil.a-b", String.class, null, "twice"),
                            Setting.of("evil.port", Integer.class, null, "limit").atMost("x"),
                            Setting.of("evil.name", String.class, null, "limit").atLeast("1")),
                        FakeProvider.of(
                            "producer",
                            Setting.of("producer.deadline", Duration.class, "1s", "core's")),
                        FakeProvider.of(
                            "connections",
                            Setting.of("connections.audit.broker", String.class, "x", "mine"))),
                    Environment.empty()))
        .hasMessageContaining("[MSG-CONFIG-INVALID] 9 problems")
        .hasMessageContaining(
            "the adapter \"evil\" declares producer.window, but its keys must start with \"evil.\"")
        .hasMessageContaining(
            "the adapter \"evil\" declares acme.url, but its keys must start with \"evil.\"")
        .hasMessageContaining(
            "the adapter \"evil\" declares evil, but its keys must start with \"evil.\"")
        .hasMessageContaining(
            "the adapter \"evil\" declares evil.a.b, whose variable MESSAGING_EVIL_A_B is that of"
                + " evil.a-b")
        .hasMessageContaining("the adapter \"evil\" declares evil.a-b, which is declared already")
        .hasMessageContaining("evil.port, but its limit \"x\" is no value of its type")
        .hasMessageContaining("evil.name, but its limit \"1\" is no value of its type")
        .hasMessageContaining(
            "the adapter \"producer\" declares producer.deadline, which is declared already")
        .hasMessageContaining("\"connections.\" is reserved for named connections");
  }

  @Test
  void an_adapter_that_wraps_another_may_repeat_its_settings() {
    FakeProvider wrapper = new FakeProvider("wrapper", ACME.settings());
    Settings settings =
        Settings.load(
            Map.of("acme.pin", "1"), Map.of(), null, List.of(wrapper, ACME), Environment.empty());
    assertThat(settings.get("acme.pin", Integer.class)).isEqualTo(1);
  }
}
