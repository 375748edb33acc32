package dev.missive.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.BrokerProvider.Setting;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What is asked at every login (semantics S23). */
final class CredentialsTest {
  private static final BrokerProvider ACME =
      FakeProvider.of(
          "acme",
          Setting.of("acme.user", String.class, null, "who").asCredential(),
          new Setting("acme.pin", String.class, null, true, List.of(), "the pin").asCredential(),
          Setting.of("acme.host", String.class, "here", "where"));

  private static Settings load(Map<String, String> code, Map<String, Supplier<String>> asked) {
    return Settings.load(code, asked, null, List.of(ACME), Environment.empty());
  }

  @Test
  void a_supplier_is_not_asked_before_the_first_login_and_then_each_time() {
    AtomicInteger times = new AtomicInteger();

    Settings settings =
        load(Map.of("acme.pin", "0"), Map.of("acme.pin", () -> "n" + times.incrementAndGet()));
    Supplier<String> pin = settings.credential("acme.pin").orElseThrow();

    assertThat(times).hasValue(0);
    assertThat(pin.get()).isEqualTo("n1");
    assertThat(pin.get()).isEqualTo("n2");
  }

  @Test
  void a_fixed_value_is_a_credential_too_and_none_is_empty() {
    Settings settings = load(Map.of("acme.user", "me"), Map.of());

    assertThat(settings.credential("acme.user").orElseThrow().get()).isEqualTo("me");
    assertThat(settings.credential("acme.pin")).isEmpty();
  }

  @Test
  void the_configuration_names_the_origin_and_shows_nothing() {
    Settings settings = load(Map.of(), Map.of("acme.user", () -> "canary"));

    assertThat(settings.effective())
        .contains(new Messaging.Setting("acme.user", "***", "code, asked at every login"))
        .noneMatch(setting -> setting.toString().contains("canary"));
  }

  @Test
  void it_wins_over_what_another_source_sets_for_the_same_connection() {
    Settings settings =
        Settings.load(
            Map.of("connections.a.acme.pin", "0"),
            Map.of("acme.pin", () -> "asked"),
            "a",
            List.of(ACME),
            Environment.empty());

    assertThat(settings.credential("acme.pin").orElseThrow().get()).isEqualTo("asked");
  }

  @Test
  void one_of_another_connection_is_refused_and_never_presented() {
    for (String opened : new String[] {"eu", null}) {
      assertThatThrownBy(
              () ->
                  Settings.load(
                      Map.of(),
                      Map.of("connections.us.acme.pin", () -> "asked"),
                      opened,
                      List.of(ACME),
                      Environment.empty()))
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
          .hasMessageContaining("connections.us.acme.pin");
    }
  }

  @Test
  void what_is_no_credential_is_refused_and_those_there_are_are_named() {
    assertThatThrownBy(
            () -> load(Map.of(), Map.of("acme.host", () -> "there", "acme.pun", () -> "")))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContainingAll("2 problems", "acme.host", "acme.pun", "acme.pin, acme.user");
  }

  @Test
  void a_supplier_without_an_answer_is_a_refused_login() {
    Settings settings =
        load(
            Map.of(),
            Map.of(
                "acme.user",
                () -> {
                  throw new LinkageError("canary");
                },
                "acme.pin",
                () -> null));

    for (String key : List.of("acme.user", "acme.pin")) {
      assertThatThrownBy(() -> settings.credential(key).orElseThrow().get())
          .isInstanceOfSatisfying(
              MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.AUTH))
          .hasMessageContaining(key)
          .hasMessageNotContaining("canary");
    }
  }

  @Test
  void an_adapter_cannot_read_a_credential_once_and_keep_it() {
    Settings settings = load(Map.of("acme.user", "me"), Map.of());

    assertThatThrownBy(() -> settings.find("acme.user", String.class))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
    assertThatThrownBy(() -> settings.credential("acme.host"))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
  }
}
