package dev.missive.nats;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.Position;
import io.nats.client.impl.Headers;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A received message, read from the client's record as it is asked for. What cannot be read is left
 * out: other programs write to topics too. Thread-safe.
 */
final class NatsMessage implements Message {
  /** What is a field of ours and not a header. */
  private static final Set<String> FIELDS =
      Set.of(
          Header.ID,
          Header.TOPIC,
          Header.TYPE,
          Header.KEY,
          Header.NULL,
          Header.CORRELATION_ID,
          Header.TIMESTAMP,
          Header.PRIORITY,
          NatsMessages.CONTENT_TYPE,
          NatsText.HEADER);

  private final io.nats.client.Message raw;
  private final String topic;
  private final @Nullable Headers wire;
  private final boolean encoded;
  private final boolean stored;
  private final @Nullable String generated;
  private volatile @Nullable Map<String, String> headers;

  /**
   * Makes a view.
   *
   * @param raw the client's record
   * @param topic the topic of the subscription
   * @param stored whether it comes from a stream
   */
  NatsMessage(io.nats.client.Message raw, String topic, boolean stored) {
    this.raw = raw;
    this.wire = raw.hasHeaders() ? raw.getHeaders() : null;
    this.encoded = wire != null && NatsText.ENCODED.equals(wire.getLast(NatsText.HEADER));
    this.topic = topic;
    this.stored = stored;
    this.generated = stored ? null : UUID.randomUUID().toString();
  }

  /** Where the original lies; a copy to one group is no part of the topic's log. */
  static Position position(io.nats.client.Message raw) {
    return new Position(0, raw.metaData().streamSequence());
  }

  @Override
  public String id() {
    String id = value(Header.ID);
    if (id != null && !id.isEmpty()) {
      return id;
    }
    return generated == null ? position(raw).toString() : generated;
  }

  @Override
  public String topic() {
    String original = value(Header.TOPIC);
    return original == null ? topic : original;
  }

  @Override
  public @Nullable String type() {
    String type = value(Header.TYPE);
    return type == null ? value("type") : type;
  }

  @Override
  public @Nullable ByteBuffer keyBuffer() {
    String key = value(Header.KEY);
    try {
      return key == null
          ? null
          : ByteBuffer.wrap(Base64.getUrlDecoder().decode(key)).asReadOnlyBuffer();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public int bodySize() {
    return raw.getData().length;
  }

  @Override
  public @Nullable ByteBuffer body() {
    byte[] data = raw.getData();
    boolean absent = data.length == 0 && value(Header.NULL) != null;
    return absent ? null : ByteBuffer.wrap(data).asReadOnlyBuffer();
  }

  @Override
  public Map<String, String> headers() {
    Map<String, String> known = headers;
    if (known == null) {
      known = read();
      headers = known;
    }
    return known;
  }

  private Map<String, String> read() {
    Headers all = wire;
    if (all == null) {
      return Map.of();
    }
    Map<String, String> visible = new HashMap<>();
    for (Map.Entry<String, List<String>> header : all.entrySet()) {
      String name = header.getKey();
      List<String> values = header.getValue();
      if (!FIELDS.contains(name)
          && !name.startsWith(NatsMessages.SERVERS_OWN)
          && !values.isEmpty()) {
        visible.put(name, text(values.get(values.size() - 1)));
      }
    }
    return Map.copyOf(visible);
  }

  @Override
  public @Nullable Instant timestamp() {
    Long millis = number(Header.TIMESTAMP);
    if (millis != null) {
      return Instant.ofEpochMilli(millis);
    }
    return stored ? raw.metaData().timestamp().toInstant() : null;
  }

  @Override
  public @Nullable String contentType() {
    return value(NatsMessages.CONTENT_TYPE);
  }

  @Override
  public @Nullable String correlationId() {
    return value(Header.CORRELATION_ID);
  }

  @Override
  public @Nullable Integer priority() {
    Long priority = number(Header.PRIORITY);
    return priority == null || priority < 0 || priority > 9 ? null : priority.intValue();
  }

  /** The earliest instant of delivery; null if none or unreadable, which the runtime reports. */
  @Nullable Instant notBefore() {
    Long millis = number(Header.NOT_BEFORE);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }

  private @Nullable Long number(String name) {
    String text = value(name);
    try {
      return text == null ? null : Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Of a repeated header the last value. */
  private @Nullable String value(String name) {
    String value = wire == null ? null : wire.getLast(name);
    return value == null ? null : text(value);
  }

  private String text(String value) {
    return encoded ? NatsText.decode(value) : value;
  }

  /** Names no payload and no header value. */
  @Override
  public String toString() {
    return "NatsMessage[" + raw.getSubject() + ", " + raw.getData().length + " bytes]";
  }
}
