package dev.missive.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.LongString;
import dev.missive.Header;
import dev.missive.Message;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A lazy view of what the broker delivered, from whomever it came. Confined to whoever holds the
 * delivery; the broker's own {@code x-} headers are left out, because a copy with them is dropped
 * as a cycle.
 */
final class RabbitMessage implements Message {
  private final Envelope envelope;
  private final BasicProperties properties;
  private final byte[] body;

  /** Whose queue of dead letters it lies in; null if in none. */
  private final @Nullable LettersOf letters;

  private volatile @Nullable String generatedId;
  private volatile @Nullable Map<String, String> headers;

  RabbitMessage(
      Envelope envelope, BasicProperties properties, byte[] body, @Nullable LettersOf letters) {
    this.envelope = envelope;
    this.properties = properties;
    this.body = body;
    this.letters = letters;
  }

  @Override
  public String id() {
    String id = properties.getMessageId();
    if (id != null && !id.isEmpty()) {
      return id;
    }
    String made = generatedId;
    if (made == null) {
      made = UUID.randomUUID().toString();
      generatedId = made;
    }
    return made;
  }

  @Override
  public String topic() {
    Object topic = raw(Header.TOPIC);
    if (topic != null) {
      return topic.toString();
    }
    LettersOf.Death death = death();
    return death == null ? envelope.getRoutingKey() : death.routingKey();
  }

  /** How the broker moved it here from the group's queue; null if it did not. */
  private LettersOf.@Nullable Death death() {
    return letters == null ? null : letters.death(raw("x-death"));
  }

  @Override
  public @Nullable String type() {
    String type = properties.getType();
    Object header = type == null ? raw("type") : null;
    return header == null ? type : header.toString();
  }

  @Override
  public @Nullable ByteBuffer keyBuffer() {
    Object key = raw(Header.KEY);
    if (key == null) {
      return null;
    }
    byte[] bytes =
        key instanceof byte[] exact
            ? exact
            : key instanceof LongString text
                ? text.getBytes()
                : key.toString().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
  }

  @Override
  public int bodySize() {
    return body.length;
  }

  @Override
  public @Nullable ByteBuffer body() {
    return body.length == 0 && raw(Header.NULL) != null
        ? null
        : ByteBuffer.wrap(body).asReadOnlyBuffer();
  }

  @Override
  public Map<String, String> headers() {
    Map<String, String> made = headers;
    if (made == null) {
      made = Collections.unmodifiableMap(readHeaders());
      headers = made;
    }
    return made;
  }

  @Override
  public @Nullable Instant timestamp() {
    Long exact = number(Header.TIMESTAMP);
    if (exact != null) {
      return Instant.ofEpochMilli(exact);
    }
    return properties.getTimestamp() == null ? null : properties.getTimestamp().toInstant();
  }

  @Override
  public @Nullable String contentType() {
    return properties.getContentType();
  }

  @Override
  public @Nullable String correlationId() {
    return properties.getCorrelationId();
  }

  @Override
  public @Nullable Integer priority() {
    Long own = number(Header.PRIORITY);
    return own == null ? properties.getPriority() : Integer.valueOf(own.intValue());
  }

  private Map<String, String> readHeaders() {
    Map<String, Object> all = properties.getHeaders();
    Map<String, String> texts = new HashMap<>();
    if (all != null) {
      all.forEach(
          (name, value) -> {
            if (value != null && !name.startsWith("x-") && !RabbitMessages.FIELDS.contains(name)) {
              texts.put(name, text(value));
            }
          });
    }
    LettersOf.Death death = death();
    if (letters != null && death != null && !texts.containsKey(Header.DL_TOPIC)) {
      texts.put(Header.DL_TOPIC, letters.topic());
      texts.put(Header.DL_GROUP, letters.group());
      texts.put(Header.DL_REASON, death.reason());
      if (death.at() != null) {
        texts.put(Header.DL_AT, death.at().toString());
      }
      // What the attempt it was on says of the runs before it.
      Long attempt = number(Header.ATTEMPT);
      if (attempt != null) {
        texts.put(Header.DL_ATTEMPTS, Long.toString(attempt - 1));
      }
      Instant published = timestamp();
      if (published != null) {
        texts.put(Header.DL_TIMESTAMP, published.toString());
      }
      // The broker counts anew for each copy; what a redrive brought along came before.
      Long before = number(Header.DL_COUNT);
      texts.put(Header.DL_COUNT, Long.toString((before == null ? 0 : before) + death.count()));
    }
    return texts;
  }

  private static String text(Object value) {
    return value instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.UTF_8)
        : value.toString();
  }

  private @Nullable Long number(String header) {
    Object value = raw(header);
    try {
      return value == null ? null : Long.valueOf(value.toString());
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private @Nullable Object raw(String header) {
    Map<String, Object> all = properties.getHeaders();
    return all == null ? null : all.get(header);
  }

  /** Names no payload and no header value. */
  @Override
  public String toString() {
    return "RabbitMessage[" + topic() + ", id=" + id() + "]";
  }
}
