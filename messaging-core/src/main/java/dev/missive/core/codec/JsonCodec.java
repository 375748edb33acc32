package dev.missive.core.codec;

import dev.missive.Codec;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON by Jackson: records, java.time as ISO text, unknown properties ignored so that messages may
 * grow. No polymorphic typing: nothing in a message names a class. Errors carry no piece of the
 * payload.
 */
final class JsonCodec implements Codec {
  private volatile @Nullable JsonMapper mapper;

  @Override
  public String contentType() {
    return "application/json";
  }

  @Override
  public boolean reads(String contentType) {
    return contentType.equals("application/json") || contentType.endsWith("+json");
  }

  @Override
  public byte[] encode(Object value) {
    return mapper().writeValueAsBytes(value);
  }

  @Override
  public <T> T decode(ByteBuffer body, Class<T> type) {
    T value = mapper().readValue(new BufferStream(body), type);
    if (value == null) {
      throw new IllegalArgumentException("the payload is null");
    }
    return value;
  }

  /** Made by the first use: making one costs a good part of the time to open. */
  private JsonMapper mapper() {
    JsonMapper made = mapper;
    if (made == null) {
      made =
          JsonMapper.builder()
              .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
              .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
              .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
              .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
              .build();
      mapper = made;
    }
    return made;
  }

  /** Reads a buffer without copying it. */
  private static final class BufferStream extends InputStream {
    private final ByteBuffer buffer;

    BufferStream(ByteBuffer buffer) {
      this.buffer = buffer.duplicate();
    }

    @Override
    public int read() {
      return buffer.hasRemaining() ? buffer.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (!buffer.hasRemaining()) {
        return length == 0 ? 0 : -1;
      }
      int count = Math.min(length, buffer.remaining());
      buffer.get(into, offset, count);
      return count;
    }
  }
}
