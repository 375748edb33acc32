package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Opens connections to a real broker. */
final class KafkaLab {
  private static final AtomicInteger NEXT = new AtomicInteger();

  private KafkaLab() {}

  /** A topic of its own. */
  static String topic() {
    return "t" + Long.toString(System.nanoTime(), Character.MAX_RADIX) + NEXT.incrementAndGet();
  }

  static Messaging open(LiveBroker broker, String protocol, String... settings) {
    return open(broker.url(), protocol, settings);
  }

  static Messaging open(String url, String protocol, String... settings) {
    return builder(url, protocol, settings).open();
  }

  static Messaging.Builder builder(String url, String protocol, String... settings) {
    Messaging.Builder builder =
        Messaging.builder()
            .setting("broker", "kafka")
            // What no machine is too slow for.
            .setting("connect.timeout", "60s")
            .setting("producer.deadline", "120s")
            .setting("kafka.brokers", url)
            .setting("kafka.group-protocol", protocol);
    for (int i = 0; i < settings.length; i += 2) {
      builder.setting(settings[i], settings[i + 1]);
    }
    return builder;
  }

  /** A client of Kafka's own, as another program would use it. */
  static KafkaProducer<byte[], byte[]> producer(LiveBroker broker) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", broker.url()),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** One that can run transactions. */
  static KafkaProducer<byte[], byte[]> transactions(LiveBroker broker, String id) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", broker.url(), "transactional.id", id),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** A member of a group, which has its topic and commits nothing. */
  static KafkaConsumer<byte[], byte[]> member(LiveBroker broker, String group, String topic) {
    KafkaConsumer<byte[], byte[]> member =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers", broker.url(), "group.id", group, "enable.auto.commit", false),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    member.subscribe(List.of(topic));
    Eventually.await(
        "it has its partitions",
        () -> {
          member.poll(Duration.ofMillis(100));
          return !member.assignment().isEmpty();
        });
    return member;
  }

  /** The first record of the only partition. */
  static ConsumerRecord<byte[], byte[]> first(LiveBroker broker, String topic) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.url(), "auto.offset.reset", "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(new TopicPartition(topic, 0)));
      for (int look = 0; look < 100; look++) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          return record;
        }
      }
    }
    throw new AssertionError("there is no record in " + topic);
  }

  static Map<String, String> headers(ConsumerRecord<byte[], byte[]> record) {
    Map<String, String> headers = new TreeMap<>();
    record
        .headers()
        .forEach(header -> headers.put(header.key(), new String(header.value(), UTF_8)));
    return headers;
  }
}
