package dev.missive.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AliasesTest {
  private static Settings with(Map<String, String> code) {
    return Settings.load(code, Map.of(), null, List.of(), Environment.empty());
  }

  private static void refused(String aliases, String why) {
    assertThatThrownBy(() -> with(Map.of("dead-letter.aliases", aliases)))
        .hasMessageContaining("[MSG-CONFIG-INVALID] 1 problem\n")
        .hasMessageContaining("dead-letter.aliases (code) has " + why);
  }

  @Test
  void names_are_read_with_or_without_blanks() {
    assertThat(Aliases.of(with(Map.of()))).isEmpty();
    assertThat(
            Aliases.of(
                with(
                    Map.of(
                        "dead-letter.aliases",
                        "missive-dl-topic=original-topic, missive-dl-error = error"))))
        .isEqualTo(Map.of("missive-dl-topic", "original-topic", "missive-dl-error", "error"));
  }

  @Test
  void a_header_that_dead_letters_do_not_have_is_refused_with_a_suggestion() {
    refused(
        "missive-dl-topc=x",
        "\"missive-dl-topc=x\" but dead letters have no header missive-dl-topc; did you mean"
            + " missive-dl-topic?");
    refused(
        "traceparent=x",
        "\"traceparent=x\" but dead letters have no header traceparent; they have"
            + " missive-dl-topic, missive-dl-group,");
  }

  @Test
  void a_name_that_no_application_may_use_is_refused() {
    for (String name : List.of("CC", "BCC", "x-death", "missive-dl-topic", "Nats-Msg-Id")) {
      refused(
          "missive-dl-topic=" + name,
          "\"missive-dl-topic=" + name + "\" but the header name \"" + name + "\" is reserved");
    }
    refused("missive-dl-topic=a b", "\"missive-dl-topic=a b\" but a header name must be 1 to 64");
    refused("missive-dl-topic=a=b", "\"missive-dl-topic=a=b\" but a header name must be 1 to 64");
  }

  @Test
  void half_an_alias_is_refused() {
    for (String half : List.of("missive-dl-topic", "missive-dl-topic=", "missive-dl-topic= ")) {
      refused(half, "\"" + half.strip() + "\" but each must be as missive-dl-topic=original-topic");
    }
  }

  @Test
  void two_names_for_one_header_and_two_headers_of_one_name_are_refused() {
    refused(
        "missive-dl-topic=a,missive-dl-topic=b",
        "\"missive-dl-topic=b\" but missive-dl-topic is called a already");
    refused(
        "missive-dl-topic=a,missive-dl-group=a",
        "\"missive-dl-group=a\" but another header is called a already");
  }

  @Test
  void every_wrong_alias_is_reported_beside_all_other_problems() {
    assertThatThrownBy(
            () ->
                with(
                    Map.of(
                        "dead-letter.aliases", "missive-dl-topc=x, missive-dl-error=CC",
                        "connections.audit.dead-letter.aliases", "oops",
                        "producer.window", "0")))
        .hasMessageContaining("4 problems")
        .hasMessageContaining("did you mean missive-dl-topic?")
        .hasMessageContaining("\"CC\" is reserved")
        .hasMessageContaining("connections.audit.dead-letter.aliases (code) has \"oops\"")
        .hasMessageContaining("producer.window (code) was \"0\"");
  }
}
