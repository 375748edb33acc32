package dev.missive.kafka;

import dev.missive.spi.AtomicSender;
import dev.missive.spi.Sender;
import java.time.Duration;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;

/** The producers of a connection, made when they are first needed. Thread-safe. */
final class KafkaProducers {
  private final KafkaConnection connection;
  private final KafkaTopics topics;
  private final Object lock = new Object();

  /** Null before the first sender and after close; changes under the lock. */
  private volatile @Nullable KafkaProducer<byte[], byte[]> producer;

  private @Nullable KafkaAtomicSender atomic;
  private boolean closed;

  KafkaProducers(KafkaConnection connection) {
    this.connection = connection;
    this.topics = new KafkaTopics(connection, this);
  }

  /**
   * One producer serves all senders: it keeps what it holds over lost connections and stores it in
   * order, before what is sent later.
   */
  Sender sender(Duration deadline) {
    synchronized (lock) {
      if (producer == null && !closed) {
        producer = connection.clients().producer(deadline, null);
      }
    }
    return new KafkaSender(connection, this, topics);
  }

  /** Kafka's own; null before the first sender and after close. */
  @Nullable KafkaProducer<byte[], byte[]> producer() {
    return producer;
  }

  AtomicSender atomic() {
    synchronized (lock) {
      if (atomic == null) {
        atomic = new KafkaAtomicSender(connection);
      }
      return atomic;
    }
  }

  /**
   * Whether records were sent more than once. The client does not tell of which one it was, so that
   * after the first time nobody knows it of any.
   */
  boolean haveResent() {
    KafkaProducer<byte[], byte[]> open = producer;
    return open == null
        || open.metrics().entrySet().stream()
            .filter(metric -> metric.getKey().name().equals("record-retry-total"))
            .anyMatch(metric -> !Double.valueOf(0).equals(metric.getValue().metricValue()));
  }

  void forgetTopics() {
    topics.forget();
  }

  void close(Duration atMost) {
    KafkaProducer<byte[], byte[]> open;
    KafkaAtomicSender other;
    synchronized (lock) {
      closed = true;
      open = producer;
      producer = null;
      other = atomic;
    }
    if (open != null) {
      open.close(atMost);
    }
    if (other != null) {
      other.close();
    }
  }
}
