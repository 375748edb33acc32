package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Topology;
import dev.missive.Topology.Difference;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a plan shows after somebody has changed what was declared. */
@Tag("broker")
final class KafkaPlanTest {
  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
  private final String topic = KafkaLab.topic();
  private final Topology.Plan plan = Topology.Plan.empty().group(topic, "g");

  @Test
  void another_number_of_partitions_is_a_difference_that_is_not_mended() throws Exception {
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.partitions", "2");
        Admin admin = admin()) {
      messaging.topology().apply(plan);
      assertThat(messaging.topology().plan(plan)).isEmpty();

      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();

      awaitShown(messaging, different(topic, "partitions", "2", "3"));
      assertThatThrownBy(() -> messaging.topology().apply(plan))
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.TOPOLOGY_MISMATCH));
    }
  }

  @Test
  void another_number_of_replicas_is_a_difference() throws Exception {
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.replication", "3");
        Admin admin = admin()) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();

      awaitShown(messaging, different(topic, "replication", "3", "1"));
    }
  }

  @Test
  void what_was_changed_of_a_retry_topic_is_shown_and_not_mended() throws Exception {
    String tier = topic + ".g.retry.15s";
    try (Messaging messaging = KafkaLab.open(broker, "classic");
        Admin admin = admin()) {
      messaging.topology().apply(plan);
      assertThat(messaging.topology().plan(plan)).isEmpty();

      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.TOPIC, tier),
                  List.of(set("retention.ms", "60000"), set("cleanup.policy", "compact"))))
          .all()
          .get();
      admin.createPartitions(Map.of(tier, NewPartitions.increaseTo(2))).all().get();

      Difference[] shown = {
        different(tier, "partitions", "1", "2"),
        different(tier, "retention.ms", "-1", "60000"),
        different(tier, "cleanup.policy", "delete", "compact")
      };
      awaitShown(messaging, shown);
      assertThat(messaging.topology().plan(plan)).containsExactlyInAnyOrder(shown);
      assertThatThrownBy(() -> messaging.topology().apply(plan))
          .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
          .hasMessageContaining(tier);
      assertThat(messaging.topology().plan(plan)).containsExactlyInAnyOrder(shown);
    }
  }

  /** A broker hears of a change a moment after the controller has confirmed it. */
  private void awaitShown(Messaging messaging, Difference... differences) {
    Eventually.await(
        List.of(differences) + " are shown",
        () -> messaging.topology().plan(plan).containsAll(List.of(differences)));
  }

  private static AlterConfigOp set(String name, String value) {
    return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
  }

  private static Difference different(String topic, String field, String want, String have) {
    return new Difference("topic " + topic, field, want, have, Difference.Kind.DIFFERENT);
  }

  @Test
  void a_new_partition_without_an_offset_of_the_group_is_shown_and_gets_one() throws Exception {
    try (Messaging messaging = KafkaLab.open(broker, "classic");
        Admin admin = admin()) {
      messaging.topology().apply(plan);
      assertThat(messaging.topology().plan(plan)).isEmpty();

      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();

      awaitShown(messaging, offsets());
      assertThat(messaging.topology().plan(plan)).containsExactly(offsets());
      messaging.topology().apply(plan);
      assertThat(messaging.topology().plan(plan)).isEmpty();
      assertThat(committed(admin)).containsKey(new TopicPartition(topic, 4));
    }
  }

  @Test
  void offsets_of_a_group_that_were_deleted_are_shown_and_set_again() throws Exception {
    try (Messaging messaging = KafkaLab.open(broker, "classic");
        Admin admin = admin()) {
      messaging.topology().apply(plan);
      assertThat(messaging.topology().plan(plan)).isEmpty();

      admin.deleteConsumerGroups(List.of(topic + ".g")).all().get();

      awaitShown(messaging, offsets());
      assertThat(messaging.topology().plan(plan)).containsExactly(offsets());
      messaging.topology().apply(plan);
      assertThat(messaging.topology().plan(plan)).isEmpty();
      assertThat(committed(admin)).hasSize(KafkaSettings.PARTITIONS);
    }
  }

  private Difference offsets() {
    return new Difference(
        "group " + topic + ".g", "", "committed offsets", null, Difference.Kind.MISSING);
  }

  private Map<TopicPartition, ?> committed(Admin admin) throws Exception {
    return admin.listConsumerGroupOffsets(topic + ".g").partitionsToOffsetAndMetadata().get();
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", broker.url()));
  }
}
