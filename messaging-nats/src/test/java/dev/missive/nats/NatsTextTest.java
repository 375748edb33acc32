package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NatsTextTest {
  @Test
  void every_text_survives_encoding_as_ascii_without_edges_of_blanks() {
    for (String text :
        List.of("", " ", "  ", "a b", " a ", "100%", "%41", "☃", "ü%20", "\t", "~", "😀 ")) {
      String encoded = NatsText.encode(text);

      assertThat(encoded).matches("[!-~]([ -~]*[!-~])?|");
      assertThat(NatsText.decode(encoded)).isEqualTo(text);
    }
  }

  @Test
  void plain_text_needs_no_encoding() {
    assertThat(List.of("", "a", "a b", "100%", "~!")).noneMatch(NatsText::needsEncoding);
    assertThat(List.of(" a", "a ", "é", "a\tb")).allMatch(NatsText::needsEncoding);
  }

  @Test
  void what_is_no_encoding_stays_as_it_is() {
    assertThat(NatsText.decode("100%")).isEqualTo("100%");
    assertThat(NatsText.decode("%zz%4")).isEqualTo("%zz%4");
    assertThat(NatsText.decode("%+1")).isEqualTo("%+1");
  }
}
