package dev.missive.nats;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.spi.Destination;
import io.nats.client.impl.Headers;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages as they travel: the column NATS of the wire table. */
final class NatsMessages {
  static final String CONTENT_TYPE = "content-type";
  static final String MESSAGE_ID = "Nats-Msg-Id";

  /** What the server adds or acts on; no copy may carry it. */
  static final String SERVERS_OWN = "Nats-";

  private static final byte[] NOTHING = {};

  private NatsMessages() {}

  /**
   * The headers of a message.
   *
   * @param to where it goes; everywhere but at its topic it carries the name of its topic
   * @param notBefore the earliest instant of delivery
   * @param dedup whether the server shall drop a second message of this id
   */
  static Headers headers(
      Message message, Destination to, @Nullable Instant notBefore, boolean dedup) {
    boolean encoded = needsEncoding(message);
    Headers out = new Headers();
    for (Map.Entry<String, String> header : message.headers().entrySet()) {
      if (!header.getKey().startsWith(SERVERS_OWN)) {
        put(out, header.getKey(), header.getValue(), encoded);
      }
    }
    put(out, Header.ID, message.id(), encoded);
    if (!(to instanceof Destination.Topic)) {
      put(out, Header.TOPIC, message.topic(), encoded);
    }
    put(out, Header.TYPE, message.type(), encoded);
    put(out, CONTENT_TYPE, message.contentType(), encoded);
    put(out, Header.CORRELATION_ID, message.correlationId(), encoded);
    ByteBuffer key = message.keyBuffer();
    if (key != null) {
      put(
          out,
          Header.KEY,
          Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(key)),
          encoded);
    }
    Instant timestamp = message.timestamp();
    if (timestamp != null) {
      out.put(Header.TIMESTAMP, Long.toString(timestamp.toEpochMilli()));
    }
    Integer priority = message.priority();
    if (priority != null) {
      out.put(Header.PRIORITY, Integer.toString(priority));
    }
    if (message.body() == null) {
      out.put(Header.NULL, "1");
    }
    if (notBefore != null) {
      out.put(Header.NOT_BEFORE, Long.toString(notBefore.toEpochMilli()));
    }
    if (encoded) {
      out.put(NatsText.HEADER, NatsText.ENCODED);
    }
    if (dedup) {
      out.put(MESSAGE_ID, NatsText.encode(message.id()));
    }
    return out;
  }

  static byte[] payload(Message message) {
    ByteBuffer body = message.body();
    return body == null ? NOTHING : bytes(body);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] copy = new byte[buffer.remaining()];
    buffer.duplicate().get(copy);
    return copy;
  }

  private static void put(Headers out, String name, @Nullable String value, boolean encoded) {
    if (value != null) {
      out.put(name, encoded ? NatsText.encode(value) : value);
    }
  }

  private static boolean needsEncoding(Message message) {
    if (needs(message.id())
        || needs(message.type())
        || needs(message.contentType())
        || needs(message.correlationId())) {
      return true;
    }
    for (String value : message.headers().values()) {
      if (NatsText.needsEncoding(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean needs(@Nullable String value) {
    return value != null && NatsText.needsEncoding(value);
  }
}
