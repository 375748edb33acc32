package dev.missive.kafka;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A broker that takes less text beside an offset than it would by default. */
@Tag("broker")
final class KafkaTerseTest {
  private static final String GROUP = "g";
  private static final int MESSAGES = 40;
  private static final Duration LONG = Duration.ofSeconds(60);

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void the_base_is_committed_when_the_rest_is_too_long(String protocol) {
    LiveBroker broker =
        LiveBrokers.shared(Brokers.kafka().withConfig("offset.metadata.max.bytes", "2"));
    String topic = KafkaLab.topic();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (Messaging messaging = KafkaLab.open(broker, protocol, "kafka.partitions", "1");
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      messaging.topology().declare(topic, GROUP);
      for (int i = 0; i < MESSAGES; i++) {
        messaging.producer().publish(Message.builder(topic).id("m" + i).text("x").build());
      }
      KafkaLoad.consumer(
          messaging,
          topic,
          GROUP,
          MESSAGES,
          message -> {
            int number = Integer.parseInt(message.id().substring(1));
            if (number == 0) {
              first.await();
            } else if (number % 2 == 0) {
              go.await();
            }
            handled.add(message.id());
          });
      Eventually.await("every second one", LONG, () -> handled.size() == MESSAGES / 2);
      first.countDown();

      // 0 and 1 are settled, 2 is not.
      Eventually.await("the base", LONG, () -> committed(admin, topic) == 2);
      go.countDown();
      Eventually.await("all", LONG, () -> handled.size() == MESSAGES);
    }
  }

  private static long committed(Admin admin, String topic) {
    try {
      OffsetAndMetadata at =
          admin
              .listConsumerGroupOffsets(KafkaNames.group(topic, GROUP))
              .partitionsToOffsetAndMetadata()
              .get()
              .get(new TopicPartition(topic, 0));
      return at == null ? -1 : at.offset();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
