package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What depth warns of (semantics S1). */
@Tag("broker")
final class KafkaDepthTest {
  private static final String GROUP = "billing";
  private static final Duration LONG = Duration.ofSeconds(60);

  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
  private final String topic = KafkaLab.topic();

  @Test
  void depth_warns_before_messages_that_wait_are_deleted() throws Exception {
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.partitions", "1");
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      messaging.topology().declare(topic, GROUP);
      AlterConfigOp soon =
          new AlterConfigOp(
              new ConfigEntry(WantedTopic.RETENTION, "20000"), AlterConfigOp.OpType.SET);
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), List.of(soon)))
          .all()
          .get();
      messaging.producer().publish(Message.builder(topic).text("x").build());
      assertThat(warnings(messaging)).isEmpty();

      Eventually.await(
          "a warning",
          LONG,
          () -> warnings(messaging).contains("longer than 80 % of the topic's retention of PT20S"));

      KafkaLoad.consumer(messaging, topic, GROUP, 1, message -> {});
      Eventually.await("none, once it is handled", LONG, () -> warnings(messaging).isEmpty());
    }
  }

  private String warnings(Messaging messaging) {
    return String.join("\n", messaging.topology().depth(topic, GROUP).warnings());
  }
}
