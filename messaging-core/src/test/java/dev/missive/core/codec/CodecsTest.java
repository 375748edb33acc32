package dev.missive.core.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CodecsTest {
  record Event(String name, int count, Instant at) {}

  private final Codecs codecs = new Codecs(List.of());

  @Test
  void json_writes_records_and_times_as_text() {
    byte[] json =
        codecs.encode(new Event("n", 3, Instant.parse("2026-01-02T03:04:05Z")), "application/json");

    assertThat(new String(json))
        .isEqualTo("{\"name\":\"n\",\"count\":3,\"at\":\"2026-01-02T03:04:05Z\"}");
  }

  @Test
  void an_unknown_content_type_names_the_known_ones() {
    assertThatThrownBy(() -> codecs.encode("x", "application/unheard-of"))
        .hasMessageContaining("application/json, text/plain, application/octet-stream");
  }

  @Test
  void a_value_that_cannot_be_written_is_refused_without_showing_it() {
    assertThatThrownBy(() -> codecs.encode(new StringBuilder("canary").chars(), "text/plain"))
        .hasMessageContaining("MSG-CONFIG-INVALID")
        .hasMessageNotContaining("canary");
  }
}
