package dev.missive.benchmarks;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's Java client, with the guarantees of our adapter. */
final class RawKafka implements Client {
  private static final int BATCH_BYTES = 128 * 1024;
  private static final int COMMIT_AFTER = 1000;
  private static final long COMMIT_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final long PATIENCE_SECONDS = 30;

  private final String brokers;
  private final String topic;
  private final String group;
  private final int linger;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Semaphore window = new Semaphore(WINDOW);
  private final String ids = UUID.randomUUID() + "-";
  private final AtomicLong count = new AtomicLong();
  private final byte[][] values = new byte[HEADERS.length][];

  /** Connects; the topic is there already, and the group has its offsets. */
  RawKafka(String brokers, String topic, String group, int linger) {
    this.brokers = brokers;
    this.topic = topic;
    this.group = topic + "." + group;
    this.linger = linger;
    for (int i = 0; i < HEADERS.length; i++) {
      values[i] = HEADERS[i][1].getBytes(StandardCharsets.UTF_8);
    }
    Map<String, Object> config = new HashMap<>();
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    config.put(ProducerConfig.CLIENT_ID_CONFIG, "benchmarks-raw");
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    config.put(ProducerConfig.LINGER_MS_CONFIG, linger);
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    config.put(ProducerConfig.ENABLE_METRICS_PUSH_CONFIG, false);
    producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  @Override
  public void publish(byte[] body, Confirmation confirmation) throws InterruptedException {
    window.acquire();
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, body);
    for (int i = 0; i < HEADERS.length; i++) {
      record.headers().add(HEADERS[i][0], values[i]);
    }
    String id = ids + count.incrementAndGet();
    record.headers().add("id", id.getBytes(StandardCharsets.UTF_8));
    producer.send(
        record,
        (stored, error) -> {
          window.release();
          if (error == null) {
            confirmation.stored();
          } else {
            confirmation.failed(error);
          }
        });
  }

  @Override
  public Intake consume(int handlers, Receiver receiver) throws Exception {
    Map<String, Object> config = new HashMap<>();
    config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    config.put(ConsumerConfig.CLIENT_ID_CONFIG, "benchmarks-raw");
    config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ENABLE_METRICS_PUSH_CONFIG, false);
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    Polling polling = new Polling(consumer, new Handlers(handlers), receiver);
    consumer.subscribe(List.of(topic), polling);
    Thread thread = new Thread(polling, "benchmarks-raw-poll");
    thread.start();
    if (!polling.assigned.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the consumer got no partitions");
    }
    return () -> {
      polling.closing = true;
      consumer.wakeup();
      thread.join();
    };
  }

  /** Polls, handles all that came, and commits every thousand or every second, as ours does. */
  private static final class Polling implements Runnable, ConsumerRebalanceListener {
    final CountDownLatch assigned = new CountDownLatch(1);
    volatile boolean closing;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Handlers handlers;
    private final Receiver receiver;

    Polling(KafkaConsumer<byte[], byte[]> consumer, Handlers handlers, Receiver receiver) {
      this.consumer = consumer;
      this.handlers = handlers;
      this.receiver = receiver;
    }

    @Override
    public void run() {
      try (consumer) {
        int settled = 0;
        long committed = System.nanoTime();
        while (!closing) {
          settled += handle(poll());
          if (settled >= COMMIT_AFTER
              || settled > 0 && System.nanoTime() - committed > COMMIT_NANOS) {
            consumer.commitAsync();
            settled = 0;
            committed = System.nanoTime();
          }
        }
        handlers.stop();
        commit();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private ConsumerRecords<byte[], byte[]> poll() {
      try {
        return consumer.poll(POLL);
      } catch (WakeupException e) {
        // It is to close.
        return ConsumerRecords.empty();
      }
    }

    private void commit() {
      try {
        consumer.commitSync();
      } catch (WakeupException e) {
        // Meant for a poll that was over.
        consumer.commitSync();
      }
    }

    private int handle(ConsumerRecords<byte[], byte[]> records) throws InterruptedException {
      CountDownLatch all = new CountDownLatch(records.count());
      for (ConsumerRecord<byte[], byte[]> record : records) {
        handlers.run(
            () -> {
              receiver.received(ByteBuffer.wrap(record.value()));
              all.countDown();
            });
      }
      all.await();
      return records.count();
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      assigned.countDown();
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}
  }

  @Override
  public String configuration() {
    return Jar.of(KafkaProducer.class)
        + "; producer acks=all, enable.idempotence=true, linger.ms="
        + linger
        + ", batch.size="
        + BATCH_BYTES
        + ", at most "
        + WINDOW
        + " unconfirmed; consumer read_committed, one poll loop, commitAsync after every "
        + COMMIT_AFTER
        + " messages or 1 s, several handlers on a pool of which each poll is waited for, otherwise"
        + " the client's defaults; the topic is declared by Missive, with as many partitions as its"
        + " own";
  }

  @Override
  public void close() {
    producer.close();
  }
}
