package dev.missive.spikes.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.Message;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A record seen as a message. */
record In(ConsumerRecord<byte[], byte[]> record, Map<String, String> headers) implements Message {
  In(ConsumerRecord<byte[], byte[]> record) {
    this(record, new LinkedHashMap<>());
    record.headers().forEach(header -> headers.put(header.key(), new String(header.value(), UTF_8)));
  }
  @Override public String id() { return headers.get(Header.ID); }
  @Override public String topic() { return headers.getOrDefault(Header.TOPIC, record.topic()); }
  @Override public String type() { return headers.get(Header.TYPE); }
  @Override public ByteBuffer keyBuffer() { return record.key() == null ? null : ByteBuffer.wrap(record.key()); }
  @Override public ByteBuffer body() { return record.value() == null ? null : ByteBuffer.wrap(record.value()); }
  @Override public Instant timestamp() { return Instant.ofEpochMilli(Long.parseLong(headers.getOrDefault(Header.TIMESTAMP, "" + record.timestamp()))); }
  @Override public String contentType() { return headers.get("content-type"); }
  @Override public String correlationId() { return headers.get(Header.CORRELATION_ID); }
  @Override public Integer priority() { return null; }
}
