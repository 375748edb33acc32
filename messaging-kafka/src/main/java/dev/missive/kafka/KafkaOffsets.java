package dev.missive.kafka;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks a cluster for offsets: those of partitions, and those that groups have committed. Blocks.
 */
final class KafkaOffsets {
  private final KafkaConnection connection;

  KafkaOffsets(KafkaConnection connection) {
    this.connection = connection;
  }

  /**
   * Where a group stands in some partitions.
   *
   * @param committed what it has committed; null where it has nothing
   * @param changing the partitions whose offset an open transaction is about to commit
   */
  record Standing(Map<TopicPartition, OffsetAndMetadata> committed, Set<TopicPartition> changing) {}

  /** As readers of what is committed see them. */
  Map<TopicPartition, Long> of(Collection<TopicPartition> partitions, OffsetSpec spec)
      throws Exception {
    return of(partitions, spec, IsolationLevel.READ_COMMITTED);
  }

  /** The ends of everything that was written, also by transactions that are open. */
  Map<TopicPartition, Long> written(Collection<TopicPartition> partitions) throws Exception {
    return of(partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
  }

  private Map<TopicPartition, Long> of(
      Collection<TopicPartition> partitions, OffsetSpec spec, IsolationLevel isolation)
      throws Exception {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    partitions.forEach(partition -> asked.put(partition, spec));
    Map<TopicPartition, Long> found = new HashMap<>();
    KafkaFutures.get(
            connection.client().listOffsets(asked, new ListOffsetsOptions(isolation)).all())
        .forEach((partition, at) -> found.put(partition, at.offset()));
    return found;
  }

  /** Asks the leader of each partition for its end; fails after a while if one does not answer. */
  void askLeaders(Collection<TopicPartition> partitions, Duration atMost) throws Exception {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    partitions.forEach(partition -> asked.put(partition, OffsetSpec.latest()));
    ListOffsetsOptions options =
        new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED).timeoutMs((int) atMost.toMillis());
    KafkaFutures.get(connection.client().listOffsets(asked, options).all());
  }

  /** What a group has committed, whatever transactions are about to. */
  Map<TopicPartition, OffsetAndMetadata> committed(String group) throws Exception {
    return committed(group, new ListConsumerGroupOffsetsSpec(), false);
  }

  /** What a group has committed, and where a transaction is about to. */
  Standing standing(String group, Collection<TopicPartition> partitions) throws Exception {
    var spec = new ListConsumerGroupOffsetsSpec().topicPartitions(partitions);
    Map<TopicPartition, OffsetAndMetadata> committed = committed(group, spec, false);
    // Asked for stable offsets, the admin client leaves out those that are not, and says so in its
    // log alone (observed, 4.4.0).
    Set<TopicPartition> changing = new HashSet<>(partitions);
    changing.removeAll(committed(group, spec, true).keySet());
    return new Standing(committed, changing);
  }

  private Map<TopicPartition, OffsetAndMetadata> committed(
      String group, ListConsumerGroupOffsetsSpec spec, boolean stable) throws Exception {
    return KafkaFutures.get(
        connection
            .client()
            .listConsumerGroupOffsets(
                Map.of(group, spec), new ListConsumerGroupOffsetsOptions().requireStable(stable))
            .partitionsToOffsetAndMetadata(group));
  }
}
