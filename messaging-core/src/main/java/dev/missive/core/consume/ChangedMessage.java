package dev.missive.core.consume;

import dev.missive.Position;
import dev.missive.ReceivedMessage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A delivery as an interceptor changed it for those behind it. */
record ChangedMessage(
    ReceivedMessage source, @Nullable ByteBuffer body, Map<String, String> headers)
    implements ReceivedMessage {

  @Override
  public @Nullable ByteBuffer body() {
    return body == null ? null : body.duplicate();
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
  public @Nullable Instant timestamp() {
    return source.timestamp();
  }

  @Override
  public @Nullable String contentType() {
    return source.contentType();
  }

  @Override
  public @Nullable String correlationId() {
    return source.correlationId();
  }

  @Override
  public @Nullable Integer priority() {
    return source.priority();
  }

  @Override
  public @Nullable String replyTo() {
    return source.replyTo();
  }

  @Override
  public @Nullable Duration timeToLive() {
    return source.timeToLive();
  }

  @Override
  public @Nullable Instant deliverAt() {
    return source.deliverAt();
  }

  @Override
  public @Nullable Integer maxAttempts() {
    return source.maxAttempts();
  }

  @Override
  public @Nullable String group() {
    return source.group();
  }

  @Override
  public int attempt() {
    return source.attempt();
  }

  @Override
  public @Nullable Position position() {
    return source.position();
  }

  @Override
  public @Nullable Instant expiresAt() {
    return source.expiresAt();
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return source.unwrap(type);
  }

  @Override
  public ReceivedMessage with(byte @Nullable [] payload, Map<String, String> changed) {
    return source.with(payload, changed);
  }

  /** Names no payload and no header value. */
  @Override
  public String toString() {
    return source + " (changed by an interceptor)";
  }
}
