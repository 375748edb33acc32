package dev.missive;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects the parts of a {@link PlainMessage}. Confined to one thread. */
final class MessageBuilder implements Message.Builder {
  private static final int HIGHEST_PRIORITY = 9;
  private static final Duration LONGEST = Duration.ofDays(36_525);

  /** What milliseconds and RFC 3339 can both say. */
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999Z");

  private @Nullable String id;
  private String topic;
  private @Nullable String type;
  private @Nullable ByteBuffer key;
  private @Nullable ByteBuffer body;

  /** Somebody else has it too while {@link #sharesHeaders}. */
  private Map<String, String> headers = Map.of();

  private boolean sharesHeaders = true;
  private @Nullable Instant timestamp;
  private @Nullable String contentType;
  private @Nullable String correlationId;
  private @Nullable String replyTo;
  private @Nullable Integer priority;
  private @Nullable Duration timeToLive;
  private @Nullable Instant deliverAt;
  private @Nullable Duration delay;
  private @Nullable Integer maxAttempts;

  MessageBuilder(String topic) {
    this.topic = requireNonNull(topic, "topic");
  }

  MessageBuilder(Message source) {
    this(source.topic());
    id = source.id();
    type = source.type();
    key = source.keyBuffer();
    body = source.body();
    ownHeaders().putAll(source.headers());
    timestamp = source.timestamp();
    contentType = source.contentType();
    correlationId = source.correlationId();
    replyTo = source.replyTo();
    priority = source.priority();
    timeToLive = source.timeToLive();
    deliverAt = source.deliverAt();
    delay = source.delay();
    maxAttempts = source.maxAttempts();
  }

  @Override
  public Message.Builder id(@Nullable String value) {
    if (value != null && value.isEmpty()) {
      throw invalid("id", "\"\"", "must not be empty; leave it out to have one generated");
    }
    id = value;
    return this;
  }

  @Override
  public Message.Builder topic(String value) {
    topic = requireNonNull(value, "topic");
    return this;
  }

  @Override
  public Message.Builder type(@Nullable String value) {
    type = value;
    return this;
  }

  @Override
  public Message.Builder keyBytes(byte @Nullable [] value) {
    key = Buffers.copyOf(value);
    return this;
  }

  @Override
  public Message.Builder payload(byte @Nullable [] value) {
    body = Buffers.copyOf(value);
    return this;
  }

  @Override
  public Message.Builder header(String name, @Nullable String value) {
    requireNonNull(name, "name");
    if (value == null) {
      ownHeaders().remove(name);
    } else {
      ownHeaders().put(name, value);
    }
    return this;
  }

  @Override
  public Message.Builder headers(Map<String, String> values) {
    headers = Map.of();
    sharesHeaders = true;
    values.forEach((name, value) -> header(name, requireNonNull(value, name)));
    return this;
  }

  @Override
  public Message.Builder timestamp(@Nullable Instant value) {
    if (value != null && value.isBefore(Instant.EPOCH)) {
      throw invalid("timestamp", value, "must not be before 1970");
    }
    timestamp = value == null ? null : sane("timestamp", value).truncatedTo(ChronoUnit.MILLIS);
    return this;
  }

  @Override
  public Message.Builder contentType(@Nullable String value) {
    contentType = value;
    return this;
  }

  @Override
  public Message.Builder correlationId(@Nullable String value) {
    correlationId = value;
    return this;
  }

  @Override
  public Message.Builder replyTo(@Nullable String value) {
    replyTo = value;
    return this;
  }

  @Override
  public Message.Builder priority(@Nullable Integer value) {
    if (value != null && (value < 0 || value > HIGHEST_PRIORITY)) {
      throw invalid("priority", value, "must be from 0 to " + HIGHEST_PRIORITY);
    }
    priority = value;
    return this;
  }

  @Override
  public Message.Builder timeToLive(@Nullable Duration value) {
    if (value != null && (value.isZero() || value.isNegative())) {
      throw invalid("timeToLive", value, "must be more than zero");
    }
    sane("timeToLive", value);
    timeToLive = value;
    return this;
  }

  @Override
  public Message.Builder deliverAt(@Nullable Instant value) {
    // Rounded up: not a moment early.
    deliverAt =
        value == null
            ? null
            : sane("deliverAt", value.isBefore(Instant.EPOCH) ? Instant.EPOCH : value)
                .plusNanos(999_999)
                .truncatedTo(ChronoUnit.MILLIS);
    delay = null;
    return this;
  }

  @Override
  public Message.Builder delay(@Nullable Duration value) {
    sane("delay", value);
    delay = value;
    deliverAt = null;
    return this;
  }

  @Override
  public Message.Builder maxAttempts(@Nullable Integer value) {
    if (value != null && value < 1) {
      throw invalid("maxAttempts", value, "must be at least 1");
    }
    maxAttempts = value;
    return this;
  }

  @Override
  public Message build() {
    // The message keeps the map itself: most builders make one message, and the next change copies.
    sharesHeaders = true;
    return new PlainMessage(
        id == null ? MessageIds.next() : id,
        topic,
        type,
        key,
        body,
        headers.isEmpty() ? Map.of() : Collections.unmodifiableMap(headers),
        timestamp,
        contentType,
        correlationId,
        replyTo,
        priority,
        timeToLive,
        deliverAt,
        delay,
        maxAttempts);
  }

  private Map<String, String> ownHeaders() {
    if (sharesHeaders) {
      headers = new LinkedHashMap<>(headers);
      sharesHeaders = false;
    }
    return headers;
  }

  private static void sane(String part, @Nullable Duration value) {
    if (value != null && value.compareTo(LONGEST) > 0) {
      throw invalid(part, value, "must be at most 100 years");
    }
  }

  private static Instant sane(String part, Instant value) {
    if (value.isAfter(LATEST)) {
      throw invalid(part, value, "must be at most the end of year 9999");
    }
    return value;
  }

  private static MessagingException invalid(String part, Object value, String rule) {
    return new MessagingException(
        ErrorCode.CONFIG_INVALID, part + " of a message was " + value + " but " + rule);
  }
}
