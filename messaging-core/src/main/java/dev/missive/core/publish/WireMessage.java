package dev.missive.core.publish;

import dev.missive.Message;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message as adapters get it: the fields of another one, with the time of publication set and the
 * headers that are the same for every broker added.
 *
 * @param source the fields
 * @param timestamp when it was published
 * @param correlationId its own, or that of the message being handled
 * @param headers the application's and ours
 */
public record WireMessage(
    Message source,
    @Nullable Instant timestamp,
    @Nullable String correlationId,
    Map<String, String> headers)
    implements Message {

  /** A copy of a raw delivery with other headers. */
  public static WireMessage copy(Message source, Map<String, String> headers) {
    return new WireMessage(source, source.timestamp(), source.correlationId(), headers);
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
