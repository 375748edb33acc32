package dev.missive.kafka;

import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.contract.BrokerUnderTest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the contract is told of objects that should go with their client. */
@Tag("broker")
final class KafkaInventoryTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @Test
  void a_group_that_nobody_declared_counts() {
    KafkaControl kafka = KafkaControl.shared();
    BrokerUnderTest under = kafka.broker("classic");
    String topic = KafkaLab.topic();
    try (Messaging messaging = under.open(Map.of(), null)) {
      messaging.topology().declare(topic, "g");
      Eventually.await("the declared group alone", LONG, () -> kafka.temporary() == 0);

      try (KafkaConsumer<byte[], byte[]> stray =
          new KafkaConsumer<>(
              Map.of(
                  "bootstrap.servers",
                  String.valueOf(under.settings().get("kafka.brokers")),
                  "group.id",
                  topic + ".stray"),
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer())) {
        stray.subscribe(List.of(topic));
        Eventually.await(
            "another one",
            LONG,
            () -> {
              stray.poll(Duration.ofMillis(100));
              return kafka.temporary() == 1;
            });
      }
    }
  }
}
