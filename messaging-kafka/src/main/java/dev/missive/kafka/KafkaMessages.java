package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.spi.Destination;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Messages as records and back, by the wire table of the semantics. */
final class KafkaMessages {
  private static final String CONTENT_TYPE = "content-type";
  private static final String USER_TYPE = "type";

  private KafkaMessages() {}

  /** The record of a message on its way to a topic. */
  static ProducerRecord<byte[], byte[]> record(
      String topic, Destination to, Message message, @Nullable Instant notBefore) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, bytes(message.keyBuffer()), bytes(message.body()));
    Headers headers = record.headers();
    message.headers().forEach((name, value) -> headers.add(name, value.getBytes(UTF_8)));
    put(headers, Header.ID, message.id());
    put(headers, Header.TYPE, message.type());
    put(headers, CONTENT_TYPE, message.contentType());
    put(headers, Header.CORRELATION_ID, message.correlationId());
    Instant timestamp = message.timestamp();
    put(headers, Header.TIMESTAMP, timestamp == null ? null : millis(timestamp));
    Integer priority = message.priority();
    put(headers, Header.PRIORITY, priority == null ? null : priority.toString());
    if (!(to instanceof Destination.Topic)) {
      put(headers, Header.TOPIC, message.topic());
    }
    put(headers, Header.NOT_BEFORE, notBefore == null ? null : millis(notBefore));
    return record;
  }

  private static void put(Headers headers, String name, @Nullable String value) {
    if (value != null) {
      headers.add(name, value.getBytes(UTF_8));
    }
  }

  private static String millis(Instant instant) {
    return Long.toString(instant.toEpochMilli());
  }

  private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] copy = new byte[buffer.remaining()];
    buffer.get(buffer.position(), copy);
    return copy;
  }

  /** The instant in a header of a record; null if there is none or it is no number. */
  static @Nullable Instant notBefore(ConsumerRecord<byte[], byte[]> record) {
    var header = record.headers().lastHeader(Header.NOT_BEFORE);
    return header == null || header.value() == null ? null : instant(header.value());
  }

  private static @Nullable Instant instant(byte[] text) {
    try {
      return Instant.ofEpochMilli(Long.parseLong(new String(text, UTF_8)));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** A record seen as a message; its headers are read when somebody asks. Thread-safe. */
  static final class Received implements Message {
    final ConsumerRecord<byte[], byte[]> record;
    private final int earlierRuns;
    private volatile @Nullable Fields fields;

    /**
     * Makes one.
     *
     * @param record the record
     * @param earlierRuns how many runs have failed in process, in an earlier life
     */
    Received(ConsumerRecord<byte[], byte[]> record, int earlierRuns) {
      this.record = record;
      this.earlierRuns = earlierRuns;
    }

    private Fields fields() {
      Fields read = fields;
      if (read == null) {
        read = new Fields(record.headers(), earlierRuns);
        fields = read;
      }
      return read;
    }

    @Override
    public String id() {
      String id = fields().id;
      return id == null ? record.partition() + ":" + record.offset() : id;
    }

    @Override
    public String topic() {
      String topic = fields().topic;
      return topic == null ? record.topic() : topic;
    }

    @Override
    public @Nullable String type() {
      Fields read = fields();
      return read.type == null ? read.all.get(USER_TYPE) : read.type;
    }

    @Override
    public @Nullable ByteBuffer keyBuffer() {
      byte[] key = record.key();
      return key == null ? null : ByteBuffer.wrap(key).asReadOnlyBuffer();
    }

    @Override
    public int bodySize() {
      byte[] value = record.value();
      return value == null ? 0 : value.length;
    }

    @Override
    public @Nullable ByteBuffer body() {
      byte[] value = record.value();
      return value == null ? null : ByteBuffer.wrap(value).asReadOnlyBuffer();
    }

    @Override
    public Map<String, String> headers() {
      return fields().all;
    }

    @Override
    public @Nullable Instant timestamp() {
      Instant published = fields().timestamp;
      return published == null && record.timestamp() >= 0
          ? Instant.ofEpochMilli(record.timestamp())
          : published;
    }

    @Override
    public @Nullable String contentType() {
      return fields().contentType;
    }

    @Override
    public @Nullable String correlationId() {
      return fields().correlationId;
    }

    @Override
    public @Nullable Integer priority() {
      return fields().priority;
    }

    /** Names no payload, no key and no header value. */
    @Override
    public String toString() {
      return "Received[" + record.topic() + "-" + record.partition() + "@" + record.offset() + "]";
    }
  }

  /**
   * The headers of a record, sorted into fields and the rest; of a repeated one the last counts.
   */
  private static final class Fields {
    @Nullable String id;
    @Nullable String topic;
    @Nullable String type;
    @Nullable String contentType;
    @Nullable String correlationId;
    @Nullable Instant timestamp;
    @Nullable Integer priority;
    Map<String, String> all = Map.of();

    Fields(Headers headers, int earlierRuns) {
      for (var header : headers) {
        byte[] value = header.value();
        if (value != null) {
          take(header.key(), value);
        }
      }
      if (earlierRuns > 0) {
        rest().put(Header.ATTEMPT, Integer.toString(attempt() + earlierRuns));
      }
      all = all.isEmpty() ? Map.of() : Collections.unmodifiableMap(all);
    }

    private void take(String name, byte[] value) {
      switch (name) {
        case Header.ID -> id = new String(value, UTF_8);
        case Header.TOPIC -> topic = new String(value, UTF_8);
        case Header.TYPE -> type = new String(value, UTF_8);
        case CONTENT_TYPE -> contentType = new String(value, UTF_8);
        case Header.CORRELATION_ID -> correlationId = new String(value, UTF_8);
        case Header.TIMESTAMP -> timestamp = instant(value);
        case Header.PRIORITY -> priority = number(value);
        default -> rest().put(name, new String(value, UTF_8));
      }
    }

    private static @Nullable Integer number(byte[] text) {
      try {
        return Integer.valueOf(new String(text, UTF_8));
      } catch (NumberFormatException e) {
        return null;
      }
    }

    private int attempt() {
      try {
        return Integer.parseInt(all.getOrDefault(Header.ATTEMPT, "1"));
      } catch (NumberFormatException e) {
        return 1;
      }
    }

    private Map<String, String> rest() {
      if (all.isEmpty()) {
        all = new LinkedHashMap<>();
      }
      return all;
    }
  }
}
