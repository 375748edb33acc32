package dev.missive.kafka;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Kafka's cooperative sticky assignor, asked for the topic and for the retry topics of a group one
 * after the other: it balances all partitions together, so that one member could get the topic and
 * another one nothing but retry topics. Public because Kafka makes it by name; not for
 * applications.
 */
public final class KafkaAssignor extends CooperativeStickyAssignor {
  /** For Kafka. */
  public KafkaAssignor() {}

  @Override
  public String name() {
    return "missive-cooperative-sticky";
  }

  @Override
  public Map<String, List<TopicPartition>> assignPartitions(
      Map<String, List<PartitionInfo>> partitions, Map<String, Subscription> members) {
    Map<String, List<TopicPartition>> all = new HashMap<>();
    for (boolean tiers : new boolean[] {false, true}) {
      Map<String, List<PartitionInfo>> some = new HashMap<>(partitions);
      some.keySet().removeIf(topic -> isTier(topic) != tiers);
      Map<String, Subscription> restricted = new HashMap<>();
      members.forEach((id, member) -> restricted.put(id, restrict(member, tiers)));
      super.assignPartitions(some, restricted)
          .forEach((id, got) -> all.computeIfAbsent(id, key -> new ArrayList<>()).addAll(got));
    }
    return all;
  }

  private static Subscription restrict(Subscription member, boolean tiers) {
    ByteBuffer data = member.userData();
    Subscription some =
        new Subscription(
            member.topics().stream().filter(topic -> isTier(topic) == tiers).toList(),
            data == null ? null : data.duplicate(),
            member.ownedPartitions().stream()
                .filter(partition -> isTier(partition.topic()) == tiers)
                .toList(),
            member.generationId().orElse(DEFAULT_GENERATION),
            member.rackId());
    some.setGroupInstanceId(member.groupInstanceId());
    return some;
  }

  private static boolean isTier(String topic) {
    return KafkaNames.Tier.of(topic) != null;
  }
}
