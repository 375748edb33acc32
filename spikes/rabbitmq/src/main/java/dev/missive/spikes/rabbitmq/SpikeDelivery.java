package dev.missive.spikes.rabbitmq;

import com.rabbitmq.client.*;
import dev.missive.Message;
import dev.missive.Position;
import dev.missive.spi.Delivery;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.*;

/** One message in our hands, and a view of it. */
record SpikeDelivery(Channel channel, Object epoch, com.rabbitmq.client.Delivery raw) implements Delivery, Message {
  @Override public Message message() { return this; }
  @Override public Position position() { return null; }
  @Override public void failedRuns(int count) {}
  @Override public <T> Optional<T> unwrap(Class<T> type) { return Optional.empty(); }
  @Override public Settled ack() { return settle(true); }
  @Override public Settled release() { return settle(false); }

  private Settled settle(boolean ack) {
    try {
      if (ack) channel.basicAck(raw.getEnvelope().getDeliveryTag(), false);
      else channel.basicReject(raw.getEnvelope().getDeliveryTag(), true);
      return Settled.DONE;
    } catch (AlreadyClosedException | java.io.IOException e) {
      return Settled.STALE;
    }
  }

  @Override public String id() { return raw.getProperties().getMessageId(); }
  @Override public String topic() { return raw.getProperties().getHeaders().get(Header.TOPIC).toString(); }
  @Override public String type() { return null; }
  @Override public ByteBuffer keyBuffer() { Object key = raw.getProperties().getHeaders().get(Header.KEY); return key == null ? null : ByteBuffer.wrap((byte[]) key); }
  @Override public ByteBuffer body() { return ByteBuffer.wrap(raw.getBody()); }
  @Override public Instant timestamp() { return null; }
  @Override public String contentType() { return null; }
  @Override public String correlationId() { return null; }
  @Override public Integer priority() { return null; }

  @Override public Map<String, String> headers() {
    Map<String, String> all = new HashMap<>();
    raw.getProperties().getHeaders().forEach((name, value) -> {
      if (value instanceof LongString && !name.startsWith("x-") && !name.equals(Header.TOPIC)) all.put(name, value.toString());
    });
    return all;
  }
}
