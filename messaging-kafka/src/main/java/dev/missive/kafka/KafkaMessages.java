package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.spi.Destination;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Messages as records and back, by the wire table of the semantics. */
final class KafkaMessages {
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
    put(headers, KafkaHeaders.CONTENT_TYPE, message.contentType());
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
    private volatile @Nullable KafkaHeaders headers;

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

    private KafkaHeaders read() {
      KafkaHeaders read = headers;
      if (read == null) {
        read = new KafkaHeaders(record.headers(), earlierRuns);
        headers = read;
      }
      return read;
    }

    @Override
    public String id() {
      String id = read().text(Header.ID);
      return id == null ? record.partition() + ":" + record.offset() : id;
    }

    @Override
    public String topic() {
      String topic = read().text(Header.TOPIC);
      return topic == null ? record.topic() : topic;
    }

    @Override
    public @Nullable String type() {
      String type = read().text(Header.TYPE);
      return type == null ? read().text(USER_TYPE) : type;
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
      return read();
    }

    @Override
    public @Nullable Instant timestamp() {
      Instant published = read().instant(Header.TIMESTAMP);
      return published == null && record.timestamp() >= 0
          ? Instant.ofEpochMilli(record.timestamp())
          : published;
    }

    @Override
    public @Nullable String contentType() {
      return read().text(KafkaHeaders.CONTENT_TYPE);
    }

    @Override
    public @Nullable String correlationId() {
      return read().text(Header.CORRELATION_ID);
    }

    @Override
    public @Nullable Integer priority() {
      return read().number(Header.PRIORITY);
    }

    /** Names no payload, no key and no header value. */
    @Override
    public String toString() {
      return "Received[" + record.topic() + "-" + record.partition() + "@" + record.offset() + "]";
    }
  }
}
