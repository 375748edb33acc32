package dev.missive.testkit.memory;

import dev.missive.Message;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages as the broker stores them: the bytes and headers that a real one would get over the
 * wire.
 */
final class MemoryMessages {
  private MemoryMessages() {}

  /**
   * What is stored of a message. The content of the buffers never changes (SPI: messages are
   * immutable), so they are kept without a copy.
   */
  static Stored store(Message message, long offset) {
    return new Stored(
        offset,
        message.id(),
        message.topic(),
        message.type(),
        message.keyBuffer(),
        message.body(),
        message.headers(),
        message.timestamp(),
        message.contentType(),
        message.correlationId(),
        message.priority());
  }

  /** A stored message, which is also the view that deliveries hand out. */
  record Stored(
      long offset,
      String id,
      String topic,
      @Nullable String type,
      @Nullable ByteBuffer keyBuffer,
      @Nullable ByteBuffer body,
      Map<String, String> headers,
      @Nullable Instant timestamp,
      @Nullable String contentType,
      @Nullable String correlationId,
      @Nullable Integer priority)
      implements Message {

    @Override
    public @Nullable ByteBuffer keyBuffer() {
      return keyBuffer == null ? null : keyBuffer.duplicate();
    }

    @Override
    public @Nullable ByteBuffer body() {
      return body == null ? null : body.duplicate();
    }

    /** The key without a view of its own, for comparing only. */
    @Nullable ByteBuffer rawKey() {
      return keyBuffer;
    }

    int bytes() {
      return body == null ? 0 : body.remaining();
    }

    /** Names no payload and no header value. */
    @Override
    public String toString() {
      return "Stored[" + topic + ":" + offset + ", id=" + id + "]";
    }
  }
}
