package dev.missive;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The message that {@link Message#of} and the builder make. Its buffers are read-only, its headers
 * unmodifiable.
 */
record PlainMessage(
    String id,
    String topic,
    @Nullable String type,
    @Nullable ByteBuffer keyBuffer,
    @Nullable ByteBuffer body,
    Map<String, String> headers,
    @Nullable Instant timestamp,
    @Nullable String contentType,
    @Nullable String correlationId,
    @Nullable String replyTo,
    @Nullable Integer priority,
    @Nullable Duration timeToLive,
    @Nullable Instant deliverAt,
    @Nullable Duration delay,
    @Nullable Integer maxAttempts)
    implements Message {

  // Readers move the position of a buffer, so everybody gets a view of his own.
  @Override
  public @Nullable ByteBuffer keyBuffer() {
    return keyBuffer == null ? null : keyBuffer.duplicate();
  }

  @Override
  public @Nullable ByteBuffer body() {
    return body == null ? null : body.duplicate();
  }

  @Override
  public int keySize() {
    return Buffers.size(keyBuffer);
  }

  @Override
  public int bodySize() {
    return Buffers.size(body);
  }

  /** Names no payload, no key and no header value: they may be secret. */
  @Override
  public String toString() {
    return "Message[id="
        + id
        + ", topic="
        + topic
        + ", type="
        + type
        + ", key="
        + keySize()
        + " bytes, body="
        + bodySize()
        + " bytes, headers="
        + headers.keySet()
        + "]";
  }
}
