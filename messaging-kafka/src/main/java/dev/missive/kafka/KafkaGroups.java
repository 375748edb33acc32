package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.spi.Seeker;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.jspecify.annotations.Nullable;

/** Where groups begin and where they are moved to. Its methods block unless they return a stage. */
final class KafkaGroups implements Seeker {
  private final KafkaConnection connection;
  private final KafkaAdmin admin;
  private final KafkaOffsets offsets;

  KafkaGroups(KafkaConnection connection, KafkaAdmin admin, KafkaOffsets offsets) {
    this.connection = connection;
    this.admin = admin;
    this.offsets = offsets;
  }

  /** Whether a partition of the topic has no committed offset. */
  boolean unseeded(String topic, String group) throws Exception {
    if (!admin.exists(topic)) {
      return true;
    }
    List<TopicPartition> partitions = admin.partitions(topic);
    var committed = offsets.committed(KafkaNames.group(topic, group));
    return partitions.stream().anyMatch(partition -> committed.get(partition) == null);
  }

  /**
   * Commits where a group starts in partitions of which it has no offset. First the ends are read,
   * then what is committed, and only what is missing is written: whoever declares at the same time
   * can only have written earlier ends, and a message published after declare lies behind ours
   * (semantics S3).
   */
  void seed(String topic, String group, @Nullable Instant from) throws Exception {
    String name = KafkaNames.group(topic, group);
    List<TopicPartition> partitions = admin.partitions(topic);
    Map<TopicPartition, Long> ends = offsets.of(partitions, OffsetSpec.latest());
    Map<TopicPartition, Long> starts = new HashMap<>(ends);
    if (from != null) {
      long millis = Math.max(0, from.toEpochMilli());
      offsets
          .of(partitions, OffsetSpec.forTimestamp(millis))
          .forEach(
              (partition, offset) ->
                  starts.computeIfPresent(partition, (p, end) -> offset < 0 ? end : offset));
    }
    var committed = offsets.committed(name);
    if (beyond(committed, ends)) {
      // Members that have left meanwhile may have committed behind those ends.
      ends.putAll(offsets.of(partitions, OffsetSpec.latest()));
    }
    Map<TopicPartition, OffsetAndMetadata> missing = new HashMap<>();
    starts.forEach(
        (partition, start) -> {
          OffsetAndMetadata at = committed.get(partition);
          // Beyond the end it is of a deleted topic of that name.
          if (at == null || at.offset() > ends.getOrDefault(partition, Long.MAX_VALUE)) {
            missing.put(partition, new OffsetAndMetadata(start));
          }
        });
    if (missing.isEmpty()) {
      return;
    }
    try {
      KafkaFutures.get(connection.client().alterConsumerGroupOffsets(name, missing).all());
    } catch (UnknownMemberIdException e) {
      // The group lives already: its members begin new partitions at the earliest message.
      return;
    }
  }

  private static boolean beyond(
      Map<TopicPartition, OffsetAndMetadata> committed, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .anyMatch(
            end -> {
              OffsetAndMetadata at = committed.get(end.getKey());
              return at != null && at.offset() > end.getValue();
            });
  }

  // ---- seek

  @Override
  public CompletionStage<Void> seek(String topic, String group, Position position) {
    return connection.act("seeking", () -> move(topic, group, position));
  }

  private void move(String topic, String group, Position position) throws Exception {
    String name = KafkaNames.group(topic, group);
    String state = running(name);
    if (!state.isEmpty()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "the group "
              + name
              + " has running consumers (it is "
              + state
              + ") and cannot be moved. Stop them first");
    }
    TopicPartition partition = new TopicPartition(topic, position.partition());
    List<TopicPartition> one = List.of(partition);
    boolean exists = admin.partitions(topic).contains(partition);
    Function<Map<TopicPartition, Long>, Long> at = found -> found.getOrDefault(partition, -1L);
    if (!exists
        || position.offset() < at.apply(offsets.of(one, OffsetSpec.earliest()))
        || position.offset() >= at.apply(offsets.of(one, OffsetSpec.latest()))) {
      throw new MessagingException(
          ErrorCode.POSITION_UNKNOWN,
          "there is no message at " + position + " of " + topic + "; nothing was moved");
    }
    KafkaFutures.get(
        connection
            .client()
            .alterConsumerGroupOffsets(
                name, Map.of(partition, new OffsetAndMetadata(position.offset())))
            .all());
  }

  /** The state of a group that has members; empty if it has none. */
  String running(String group) throws Exception {
    try {
      var found =
          KafkaFutures.get(connection.client().describeConsumerGroups(List.of(group)).all());
      var description = found.get(group);
      GroupState state = description == null ? GroupState.DEAD : description.groupState();
      return state == GroupState.EMPTY || state == GroupState.DEAD
          ? ""
          : String.valueOf(state).toLowerCase(Locale.ROOT);
    } catch (GroupIdNotFoundException e) {
      return "";
    }
  }
}
