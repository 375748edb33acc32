package dev.missive.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * One transaction in which dead letters are appended again and their group's offset moves (ADR
 * 0020). Confined to one thread; blocks.
 */
final class LetterTransaction implements AutoCloseable {
  /** Enough for a broker that is there to abort what failed for another reason. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Producer<byte[], byte[]> producer;

  /**
   * Makes one.
   *
   * @param producer of its own, which it closes
   */
  LetterTransaction(Producer<byte[], byte[]> producer) {
    this.producer = producer;
  }

  /**
   * Begins it and appends the letters.
   *
   * @return from where to where they go
   */
  Map<Long, Long> append(List<ConsumerRecord<byte[], byte[]>> letters)
      throws ExecutionException, InterruptedException {
    producer.initTransactions();
    producer.beginTransaction();
    List<Future<RecordMetadata>> sent = new ArrayList<>(letters.size());
    for (ConsumerRecord<byte[], byte[]> letter : letters) {
      sent.add(
          producer.send(
              new ProducerRecord<>(
                  letter.topic(),
                  letter.partition(),
                  letter.timestamp(),
                  letter.key(),
                  letter.value(),
                  letter.headers())));
    }
    producer.flush();
    Map<Long, Long> places = new LinkedHashMap<>();
    for (int i = 0; i < letters.size(); i++) {
      places.put(letters.get(i).offset(), sent.get(i).get().offset());
    }
    return places;
  }

  /** Moves the offset with them. */
  void offset(TopicPartition partition, OffsetAndMetadata at, ConsumerGroupMetadata member) {
    producer.sendOffsetsToTransaction(Map.of(partition, at), member);
  }

  void commit() {
    producer.commitTransaction();
  }

  /**
   * Ends it. With a transaction open the producer would else wait until its broker is back, however
   * long (S25). What is still open then hides the letters behind it until the broker gives it up,
   * or the next producer of that name ends it.
   */
  @Override
  public void close() {
    producer.close(PATIENCE);
  }
}
