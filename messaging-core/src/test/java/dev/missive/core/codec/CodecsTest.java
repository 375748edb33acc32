package dev.missive.core.codec;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class CodecsTest {
  private final Codecs codecs = new Codecs(List.of());

  @Test
  void an_unknown_content_type_names_the_known_ones() {
    assertThatThrownBy(() -> codecs.encode("x", "application/unheard-of"))
        .hasMessageContaining(
            "application/json, application/cbor, text/plain, application/octet-stream");
  }

  @Test
  void a_value_that_cannot_be_written_is_refused_without_showing_it() {
    assertThatThrownBy(() -> codecs.encode(new StringBuilder("canary").chars(), "text/plain"))
        .hasMessageContaining("MSG-CONFIG-INVALID")
        .hasMessageNotContaining("canary");
  }
}
