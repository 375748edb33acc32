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
   * A stored message, which is also the view that deliveries hand out. The content of the buffers
   * never changes (SPI: messages are immutable), so they are kept without a copy. Immutable once it
   * is stored, but for the count of those who hold it, which the server's lock guards.
   */
  static final class Stored implements Message {
    /** Where it lies in its topic's log; -1 if it is no part of it. */
    long offset = -1;

    /** How many bytes it takes: body, key, and the text of its headers. */
    final int size;

    /** How many places in groups hold it. */
    int places;

    /** Whether its topic keeps it for groups that start earlier. */
    boolean retained;

    private final String id;
    private final String topic;
    private final @Nullable String type;
    private final @Nullable ByteBuffer key;
    private final @Nullable ByteBuffer body;
    private final Map<String, String> headers;
    private final @Nullable Instant timestamp;
    private final @Nullable String contentType;
    private final @Nullable String correlationId;
    private final @Nullable Integer priority;

    Stored(Message message) {
      id = message.id();
      topic = message.topic();
      type = message.type();
      key = message.keyBuffer();
      body = message.body();
      headers = message.headers();
      timestamp = message.timestamp();
      contentType = message.contentType();
      correlationId = message.correlationId();
      priority = message.priority();
      size = bodySize() + keySize() + textOf(headers);
    }

    private static int textOf(Map<String, String> headers) {
      int text = 0;
      if (!headers.isEmpty()) {
        for (Map.Entry<String, String> header : headers.entrySet()) {
          text += header.getKey().length() + header.getValue().length();
        }
      }
      return text;
    }

    @Override
    public int keySize() {
      return key == null ? 0 : key.remaining();
    }

    @Override
    public int bodySize() {
      return body == null ? 0 : body.remaining();
    }

    @Override
    public String id() {
      return id;
    }

    @Override
    public String topic() {
      return topic;
    }

    @Override
    public @Nullable String type() {
      return type;
    }

    @Override
    public @Nullable ByteBuffer keyBuffer() {
      return key == null ? null : key.duplicate();
    }

    @Override
    public @Nullable ByteBuffer body() {
      return body == null ? null : body.duplicate();
    }

    @Override
    public Map<String, String> headers() {
      return headers;
    }

    @Override
    public @Nullable Instant timestamp() {
      return timestamp;
    }

    @Override
    public @Nullable String contentType() {
      return contentType;
    }

    @Override
    public @Nullable String correlationId() {
      return correlationId;
    }

    @Override
    public @Nullable Integer priority() {
      return priority;
    }

    /** The key without a view of its own, for comparing only. */
    @Nullable ByteBuffer rawKey() {
      return key;
    }

    /** Names no payload and no header value. */
    @Override
    public String toString() {
      return "Stored[" + topic + ":" + offset + ", id=" + id + "]";
    }
  }
}
