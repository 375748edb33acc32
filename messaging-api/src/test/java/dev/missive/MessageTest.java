package dev.missive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MessageTest {
  @Test
  void generated_ids_are_unique_version_seven_uuids() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      ids.add(Message.of("t", null).id());
    }
    assertThat(ids)
        .hasSize(10_000)
        .allMatch(
            id ->
                id.matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }

  @Test
  void builder_and_getters_copy() {
    byte[] bytes = {1, 2};
    Message message = Message.builder("t").keyBytes(bytes).payload(bytes).build();
    bytes[0] = 9;
    message.payload()[1] = 9;
    message.key()[1] = 9;

    assertThat(message.payload()).containsExactly(1, 2);
    assertThat(message.key()).containsExactly(1, 2);
    assertThat(message.body().isReadOnly()).isTrue();
  }

  @Test
  void a_builder_that_goes_on_changes_no_message_it_has_made() {
    Message.Builder builder = Message.builder("t").header("a", "1").header("b", "2");
    Message first = builder.build();
    Message second = builder.header("a", null).header("c", "3").build();
    Message third = builder.headers(Map.of("d", "4")).build();

    assertThat(first.headers()).isEqualTo(Map.of("a", "1", "b", "2"));
    assertThat(second.headers()).isEqualTo(Map.of("b", "2", "c", "3"));
    assertThat(third.headers()).isEqualTo(Map.of("d", "4"));
  }

  @Test
  void sizes_are_those_of_key_and_body_and_nothing_has_none() {
    Message message =
        Message.builder("t").keyBytes(new byte[] {1}).payload(new byte[] {1, 2}).build();
    Message tombstone = Message.of("t", null);

    assertThat(message.keySize()).isEqualTo(1);
    assertThat(message.bodySize()).isEqualTo(2);
    assertThat(tombstone.keySize()).isZero();
    assertThat(tombstone.bodySize()).isZero();
  }

  @Test
  void to_builder_keeps_everything() {
    Message message =
        Message.builder("t")
            .id("i")
            .type("y")
            .key("k")
            .text("b")
            .header("h", "v")
            .timestamp(Instant.ofEpochMilli(5))
            .contentType("c/t")
            .correlationId("c")
            .replyTo("r")
            .priority(3)
            .timeToLive(Duration.ofSeconds(1))
            .delay(Duration.ofSeconds(2))
            .maxAttempts(4)
            .build();

    assertThat(message.toBuilder().build()).isEqualTo(message);
  }

  @Test
  void to_string_shows_no_content() {
    String shown =
        Message.builder("t").key("canary").text("canary").header("h", "canary").build().toString();
    assertThat(shown).doesNotContain("canary").contains("6 bytes").contains("[h]");
  }

  @Test
  void numbers_out_of_range_are_refused() {
    Message.Builder builder = Message.builder("t");
    assertThatThrownBy(() -> builder.priority(10)).hasMessageContaining("from 0 to 9");
    assertThatThrownBy(() -> builder.maxAttempts(0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> builder.timeToLive(Duration.ZERO)).hasMessageContaining("more than");
    assertThatThrownBy(() -> builder.id("")).hasMessageContaining("must not be empty");
  }

  @Test
  void times_that_milliseconds_cannot_say_are_refused() {
    Message.Builder builder = Message.builder("t");
    Duration tooLong = Duration.ofSeconds(Long.MAX_VALUE);
    assertThatThrownBy(() -> builder.timeToLive(tooLong)).hasMessageContaining("100 years");
    assertThatThrownBy(() -> builder.delay(tooLong)).hasMessageContaining("100 years");
    assertThatThrownBy(() -> builder.deliverAt(Instant.MAX)).hasMessageContaining("9999");
    assertThatThrownBy(() -> builder.timestamp(Instant.MAX)).hasMessageContaining("9999");
    assertThatThrownBy(() -> builder.timestamp(Instant.MIN)).hasMessageContaining("1970");
  }

  @Test
  void an_instant_of_delivery_is_rounded_up() {
    Instant at = Instant.ofEpochSecond(1, 500_000);
    assertThat(Message.builder("t").deliverAt(at).build().deliverAt())
        .isEqualTo(Instant.ofEpochMilli(1001));
    assertThat(Message.builder("t").deliverAt(Instant.MIN).build().deliverAt())
        .isEqualTo(Instant.EPOCH);
  }

  @Test
  void backoff_doubles_up_to_its_limit() {
    RetryPolicy policy = RetryPolicy.standard();
    assertThat(policy.backoff(1)).isEqualTo(Duration.ofSeconds(1));
    assertThat(policy.backoff(4)).isEqualTo(Duration.ofSeconds(8));
    assertThat(policy.backoff(1000)).isEqualTo(Duration.ofSeconds(60));
    assertThat(policy.maxAttempts()).isEqualTo(5);
    assertThatThrownBy(() -> policy.maxAttempts(0)).hasMessageContaining("MSG-CONFIG-INVALID");
  }
}
