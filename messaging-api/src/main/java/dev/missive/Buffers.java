package dev.missive;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Copies between arrays and read-only buffers. */
final class Buffers {
  private Buffers() {}

  static byte @Nullable [] copy(@Nullable ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] copy = new byte[buffer.remaining()];
    buffer.get(buffer.position(), copy);
    return copy;
  }

  static @Nullable ByteBuffer copyOf(byte @Nullable [] bytes) {
    return bytes == null ? null : ByteBuffer.wrap(bytes.clone()).asReadOnlyBuffer();
  }

  static int size(@Nullable ByteBuffer buffer) {
    return buffer == null ? 0 : buffer.remaining();
  }
}
