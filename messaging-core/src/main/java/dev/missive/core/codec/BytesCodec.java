package dev.missive.core.codec;

import dev.missive.Codec;
import java.nio.ByteBuffer;

/** Bytes as they are: {@code byte[]} and {@link ByteBuffer}. */
final class BytesCodec implements Codec {
  @Override
  public String contentType() {
    return "application/octet-stream";
  }

  @Override
  public byte[] encode(Object value) {
    if (value instanceof byte[] bytes) {
      return bytes.clone();
    }
    if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(buffer.position(), bytes);
      return bytes;
    }
    throw new IllegalArgumentException(
        "application/octet-stream holds byte[] or ByteBuffer, not " + value.getClass().getName());
  }

  @Override
  public <T> T decode(ByteBuffer body, Class<T> type) {
    if (type == byte[].class) {
      byte[] bytes = new byte[body.remaining()];
      body.get(body.position(), bytes);
      return type.cast(bytes);
    }
    if (type == ByteBuffer.class) {
      return type.cast(body.asReadOnlyBuffer());
    }
    throw new IllegalArgumentException(
        "application/octet-stream can be read as byte[] or ByteBuffer, not as " + type.getName());
  }
}
