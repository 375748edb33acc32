package dev.missive.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import dev.missive.ErrorCode;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes messages as the wire table says (docs/rabbitmq.md). Holds no state. */
final class RabbitMessages {
  /**
   * Number of a publish on its channel: finds what the broker returned, means nothing to others.
   */
  static final String SEQUENCE = "missive-seq";

  /** What is mapped to a field, and so is no header on the way in. */
  static final Set<String> FIELDS =
      Set.of(
          Header.TOPIC,
          Header.KEY,
          Header.NULL,
          Header.TIMESTAMP,
          Header.PRIORITY,
          SEQUENCE,
          "CC",
          "BCC");

  private static final int SHORT_TEXT = 255;
  private static final int PERSISTENT = 2;
  private static final byte[] NOTHING = {};

  private RabbitMessages() {}

  /**
   * The properties of a message.
   *
   * @throws PublishException TOO_LARGE if a text does not fit into its field
   */
  static BasicProperties properties(Message message, @Nullable Instant notBefore, long sequence) {
    Map<String, String> given = message.headers();
    Map<String, Object> headers = new HashMap<>((given.size() + 8) * 4 / 3);
    headers.putAll(given);
    headers.put(Header.TOPIC, message.topic());
    headers.put(SEQUENCE, sequence);
    ByteBuffer key = message.keyBuffer();
    if (key != null) {
      headers.put(Header.KEY, bytes(key));
    }
    if (message.body() == null) {
      headers.put(Header.NULL, "1");
    }
    if (notBefore != null) {
      headers.put(Header.NOT_BEFORE, Long.toString(notBefore.toEpochMilli()));
    }
    BasicProperties.Builder properties =
        new BasicProperties.Builder()
            .deliveryMode(PERSISTENT)
            .messageId(fitting("id", message.id()))
            .type(type(message))
            .contentType(fitting("contentType", message.contentType()))
            .correlationId(fitting("correlationId", message.correlationId()));
    Instant timestamp = message.timestamp();
    if (timestamp != null) {
      headers.put(Header.TIMESTAMP, Long.toString(timestamp.toEpochMilli()));
      properties.timestamp(Date.from(timestamp));
    }
    Integer priority = message.priority();
    if (priority != null) {
      headers.put(Header.PRIORITY, priority.toString());
      properties.priority(priority);
    }
    return properties.headers(headers).build();
  }

  /**
   * A type that others wrote as a header may be longer than a property; whoever reads it finds it
   * in the header again.
   */
  private static @Nullable String type(Message message) {
    String type = message.type();
    return type != null && !fits(type) && type.equals(message.headers().get("type"))
        ? null
        : fitting("type", type);
  }

  static byte[] body(Message message) {
    ByteBuffer body = message.body();
    return body == null ? NOTHING : bytes(body);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(buffer.position(), bytes);
    return bytes;
  }

  /** AMQP's short texts hold 255 bytes, and the client counts a publish it then throws for. */
  private static @Nullable String fitting(String field, @Nullable String text) {
    if (text != null && !fits(text)) {
      throw new PublishException(
          ErrorCode.TOO_LARGE,
          Outcome.NOT_STORED,
          "the " + field + " of a message has more than 255 bytes, the limit of AMQP",
          null);
    }
    return text;
  }

  private static boolean fits(String text) {
    return text.length() * 3 <= SHORT_TEXT
        || text.getBytes(StandardCharsets.UTF_8).length <= SHORT_TEXT;
  }
}
