package dev.missive.core.publish;

import dev.missive.Message;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message as adapters get it: the fields of another one, with the time of publication set and the
 * headers that are the same for every broker added. Immutable.
 */
public final class WireMessage implements Message {
  private static final long NONE = Long.MIN_VALUE;

  private final Message source;

  /** Milliseconds and no Instant: one of these is made for every publish. */
  private final long publishedAt;

  private final @Nullable String correlationId;
  private final Map<String, String> headers;

  private WireMessage(
      Message source,
      long publishedAt,
      @Nullable String correlationId,
      Map<String, String> headers) {
    this.source = source;
    this.publishedAt = publishedAt;
    this.correlationId = correlationId;
    this.headers = headers;
  }

  /**
   * A message of an application.
   *
   * @param source the fields
   * @param publishedAt milliseconds since 1970; its own timestamp wins
   * @param correlationId its own, or that of the message being handled
   * @param headers the application's and ours
   */
  static WireMessage published(
      Message source,
      long publishedAt,
      @Nullable String correlationId,
      Map<String, String> headers) {
    return new WireMessage(source, publishedAt, correlationId, headers);
  }

  /**
   * A copy of a raw delivery with other headers.
   *
   * @param source the delivery
   * @param headers all of them
   * @return the copy
   */
  public static WireMessage copy(Message source, Map<String, String> headers) {
    return new WireMessage(source, NONE, source.correlationId(), headers);
  }

  @Override
  public @Nullable Instant timestamp() {
    Instant own = source.timestamp();
    return own != null || publishedAt == NONE ? own : Instant.ofEpochMilli(publishedAt);
  }

  @Override
  public @Nullable String correlationId() {
    return correlationId;
  }

  @Override
  public Map<String, String> headers() {
    return headers;
  }

  @Override
  public String id() {
    return source.id();
  }

  @Override
  public String topic() {
    return source.topic();
  }

  @Override
  public @Nullable String type() {
    return source.type();
  }

  @Override
  public @Nullable ByteBuffer keyBuffer() {
    return source.keyBuffer();
  }

  @Override
  public @Nullable ByteBuffer body() {
    return source.body();
  }

  @Override
  public int keySize() {
    return source.keySize();
  }

  @Override
  public int bodySize() {
    return source.bodySize();
  }

  @Override
  public @Nullable String contentType() {
    return source.contentType();
  }

  @Override
  public @Nullable Integer priority() {
    return source.priority();
  }

  /** Names no payload and no header value. */
  @Override
  public String toString() {
    return "WireMessage[id=" + id() + ", topic=" + topic() + ", headers=" + headers.keySet() + "]";
  }
}
