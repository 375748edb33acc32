package dev.missive.core.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.core.FakeReceived;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TextCodecTest {
  private final Codecs codecs = new Codecs(List.of());

  private String decode(byte[] body) {
    return codecs.decode(
        FakeReceived.of(
            Map.of(
                "contentType", "text/plain; charset=utf-8",
                "body", ByteBuffer.wrap(body),
                "id", "m1",
                "topic", "orders")),
        String.class);
  }

  @Test
  void text_comes_back_as_it_went() {
    String text = "ä \u20ac \ud83d\ude00 \u0000";

    assertThat(decode(codecs.encode(text, "text/plain"))).isEqualTo(text);
    assertThat(decode(new byte[0])).isEmpty();
  }

  /** A lone follower, a sequence cut short, an overlong one, half a pair, and past the end. */
  @ParameterizedTest
  @ValueSource(strings = {"80", "c3", "c0af", "eda080", "f4908080", "41ff42"})
  void bytes_that_are_no_utf_8_are_undecodable(String hex) {
    byte[] body = HexFormat.of().parseHex(hex);

    assertThatThrownBy(() -> decode(body))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNDECODABLE))
        .hasMessageContaining("text/plain")
        .hasNoCause();
  }
}
