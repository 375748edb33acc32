package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.PublishException;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import java.time.Instant;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Publishes through the connection's producer. Thread-safe. */
final class KafkaSender implements Sender {
  private final KafkaConnection connection;
  private final KafkaProducers producers;
  private final KafkaTopics topics;

  KafkaSender(KafkaConnection connection, KafkaProducers producers, KafkaTopics topics) {
    this.connection = connection;
    this.producers = producers;
    this.topics = topics;
  }

  @Override
  public void send(Destination to, Message message, @Nullable Instant notBefore, Result result) {
    String topic =
        to instanceof Destination.Topic named
            ? named.topic()
            : KafkaNames.topic(
                to, notBefore, connection.time().now(), connection.settings().retryTiers());
    ProducerRecord<byte[], byte[]> record = KafkaMessages.record(topic, to, message, notBefore);
    // What waits for a group lies in a retry topic, which is kept for ever.
    Instant waitsUntil = to instanceof Destination.Topic ? notBefore : null;
    KafkaRetention known = topics.known(topic);
    if (known != null) {
      handIfKept(record, waitsUntil, known, result);
      return;
    }
    topics.whenKnown(
        topic,
        retention -> handIfKept(record, waitsUntil, retention, result),
        error -> result.failed(KafkaErrors.publish(error, topic, false, false)));
  }

  private void handIfKept(
      ProducerRecord<byte[], byte[]> record,
      @Nullable Instant waitsUntil,
      KafkaRetention retention,
      Result result) {
    PublishException refusal =
        waitsUntil == null
            ? null
            : retention.refusal(record.topic(), waitsUntil, connection.time().now());
    if (refusal == null) {
      hand(record, result);
    } else {
      connection.later(() -> result.failed(refusal));
    }
  }

  private void hand(ProducerRecord<byte[], byte[]> record, Result result) {
    KafkaProducer<byte[], byte[]> producer = producers.producer();
    Answer answer = new Answer(record.topic(), result);
    if (producer == null) {
      answer.fail(KafkaErrors.notSent(record.topic(), "the connection was closed"));
      return;
    }
    // A flag that is set would make the client give up.
    boolean interrupted = Thread.interrupted();
    answer.caller = Thread.currentThread();
    try {
      producer.send(record, answer);
    } catch (RuntimeException e) {
      answer.fail(KafkaErrors.publish(e, record.topic(), false, false));
    } finally {
      answer.caller = null;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Passes the client's answer on, never on the thread that sends. */
  private final class Answer implements Callback {
    private final String topic;
    private final Result result;

    /** Only compared with the thread that reads it: another one's may be old. */
    private @Nullable Thread caller;

    Answer(String topic, Result result) {
      this.topic = topic;
      this.result = result;
    }

    @Override
    public void onCompletion(@Nullable RecordMetadata stored, @Nullable Exception error) {
      if (error == null && stored != null) {
        result.stored(stored.partition(), stored.hasOffset() ? stored.offset() : -1);
        return;
      }
      // An answer on the thread that sends comes before the message was taken.
      boolean handed = caller != Thread.currentThread();
      Exception why = error == null ? new IllegalStateException("no answer") : error;
      fail(KafkaErrors.publish(why, topic, handed, handed && producers.haveResent()));
    }

    void fail(PublishException failure) {
      if (failure.code() == ErrorCode.TOPIC_MISSING
          || failure.code() == ErrorCode.BROKER_UNREACHABLE) {
        topics.forget(topic);
      }
      if (caller == Thread.currentThread()) {
        connection.later(() -> result.failed(failure));
      } else {
        result.failed(failure);
      }
    }
  }
}
