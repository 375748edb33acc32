package dev.missive.core.codec;

import dev.missive.Codec;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.MapperBuilder;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;
import tools.jackson.dataformat.cbor.CBORMapper;

/**
 * One format of Jackson: records, java.time as ISO text, unknown properties ignored so that
 * messages may grow. No polymorphic typing: nothing in a message names a class, not even where an
 * annotation of the type says so; names that the type itself lists are no classes. Errors carry no
 * piece of the payload. Thread-safe.
 */
final class JacksonCodec implements Codec {
  private final String contentType;
  private final String suffix;
  private final Supplier<MapperBuilder<?, ?>> format;
  private volatile @Nullable ObjectMapper mapper;

  private JacksonCodec(String name, Supplier<MapperBuilder<?, ?>> format) {
    contentType = "application/" + name;
    suffix = "+" + name;
    this.format = format;
  }

  static Codec json() {
    return new JacksonCodec("json", () -> Json.builder());
  }

  static Codec cbor() {
    return new JacksonCodec("cbor", () -> Cbor.builder());
  }

  @Override
  public String contentType() {
    return contentType;
  }

  @Override
  public boolean reads(String contentType) {
    return contentType.equals(this.contentType) || contentType.endsWith(suffix);
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
  private ObjectMapper mapper() {
    ObjectMapper made = mapper;
    if (made == null) {
      made =
          format
              .get()
              .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
              .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
              .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
              .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
              // An empty list of what may be named.
              .polymorphicTypeValidator(BasicPolymorphicTypeValidator.builder().build())
              .build();
      mapper = made;
    }
    return made;
  }

  /** In a class of its own, reached by a lambda: else opening would load Jackson. */
  private static final class Json {
    static MapperBuilder<?, ?> builder() {
      return JsonMapper.builder();
    }
  }

  /** As {@link Json}. */
  private static final class Cbor {
    static MapperBuilder<?, ?> builder() {
      return CBORMapper.builder();
    }
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
