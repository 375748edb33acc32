package dev.missive.core.codec;

import dev.missive.Codec;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Text in UTF-8; bytes that are no UTF-8 are refused, not replaced. */
final class TextCodec implements Codec {
  @Override
  public String contentType() {
    return "text/plain";
  }

  @Override
  public byte[] encode(Object value) {
    if (value instanceof CharSequence text) {
      return text.toString().getBytes(StandardCharsets.UTF_8);
    }
    throw new IllegalArgumentException("text/plain holds text, not " + value.getClass().getName());
  }

  @Override
  public <T> T decode(ByteBuffer body, Class<T> type) throws CharacterCodingException {
    if (!type.isAssignableFrom(String.class)) {
      throw new IllegalArgumentException(
          "text/plain can be read as String, not as " + type.getName());
    }
    return type.cast(
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(body)
            .toString());
  }
}
