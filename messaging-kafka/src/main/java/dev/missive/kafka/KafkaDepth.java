package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.Topology.Depth;
import dev.missive.kafka.KafkaOffsets.Standing;
import dev.missive.spi.Destination;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** How many messages wait for a group, and how many dead letters it has. Blocks. */
final class KafkaDepth {
  private static final double NEARLY = 0.8;
  private static final Duration LOOKING = Duration.ofSeconds(3);
  private static final long BETWEEN_LOOKS = 20_000_000;

  private final KafkaConnection connection;
  private final KafkaAdmin admin;
  private final KafkaGroups groups;
  private final KafkaOffsets offsets;

  KafkaDepth(
      KafkaConnection connection, KafkaAdmin admin, KafkaGroups groups, KafkaOffsets offsets) {
    this.connection = connection;
    this.admin = admin;
    this.groups = groups;
    this.offsets = offsets;
  }

  Depth of(Destination of) throws Exception {
    Instant now = connection.time().now();
    if (of instanceof Destination.DeadLetters letters) {
      String name = KafkaNames.deadLetters(letters.topic(), letters.group());
      long left = letters(name, admin.partitions(name));
      // A cursor holds what it has taken; the others must not count on it.
      boolean taken = left > 0 && !groups.running(name).isEmpty();
      return new Depth(taken ? 0 : left, taken ? left : 0, left, now, List.of());
    }
    if (!(of instanceof Destination.Group group)) {
      throw new MessagingException(ErrorCode.INTERNAL, "there is no depth of " + of);
    }
    String name = KafkaNames.group(group.topic(), group.group());
    List<TopicPartition> partitions = new ArrayList<>(admin.partitions(group.topic()));
    List<TopicPartition> own = List.copyOf(partitions);
    for (String tier :
        KafkaNames.tiers(group.topic(), group.group(), connection.settings().retryTiers())) {
      partitions.add(new TopicPartition(tier, 0));
    }
    // In this order a message that goes on to a tier meanwhile is rather counted twice than missed.
    var committed = offsets.committed(name);
    long left =
        left(
            committed,
            offsets.of(partitions, OffsetSpec.earliest()),
            offsets.of(partitions, OffsetSpec.latest()));
    long held = Math.min(left, connection.unsettled(name));
    return new Depth(left - held, held, left, now, warnings(group.topic(), name, own, now));
  }

  /**
   * The dead letters of a group. While some are being moved (ADR 0020) their new places and the
   * offset that goes with them become visible one after the other, and between the two it looks as
   * if none were left, or more than there are: then it is looked again. While nothing of it can be
   * seen what was before is counted, also when it stays like this because its client has died.
   */
  private long letters(String group, List<TopicPartition> partitions) throws Exception {
    // Before the offsets: what a move has left behind is deleted, and would be counted until then.
    Map<TopicPartition, Long> starts = offsets.of(partitions, OffsetSpec.earliest());
    long until = connection.time().nanos() + LOOKING.toNanos();
    while (true) {
      Standing standing = offsets.standing(group, partitions);
      Map<TopicPartition, Long> written = offsets.written(partitions);
      Map<TopicPartition, Long> ends = offsets.of(partitions, OffsetSpec.latest());
      if (connection.time().nanos() - until >= 0
          || !half(standing, written, ends)
              && offsets.standing(group, partitions).equals(standing)) {
        return left(standing.committed(), starts, ends);
      }
      LockSupport.parkNanos(BETWEEN_LOOKS);
    }
  }

  /** Whether only one is visible of what a move changes: the letters, or the offset. */
  private static boolean half(
      Standing standing, Map<TopicPartition, Long> written, Map<TopicPartition, Long> ends) {
    return written.entrySet().stream()
        .anyMatch(
            end -> {
              TopicPartition partition = end.getKey();
              boolean open = ends.getOrDefault(partition, 0L) < end.getValue();
              return open != standing.changing().contains(partition);
            });
  }

  /** End minus committed, less what is settled beyond. */
  private static long left(
      Map<TopicPartition, OffsetAndMetadata> committed,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends) {
    long left = 0;
    for (var partition : ends.entrySet()) {
      long end = partition.getValue();
      OffsetAndMetadata at = committed.get(partition.getKey());
      long offset = at == null ? 0 : at.offset();
      long base = Math.max(starts.getOrDefault(partition.getKey(), 0L), offset);
      OffsetBits settled = new OffsetBits(offset);
      OffsetMetadata.decode(at == null ? null : at.metadata(), settled);
      left += Math.max(0, end - base) - count(settled, base, end);
    }
    return left;
  }

  private static long count(OffsetBits settled, long from, long to) {
    long count = 0;
    for (long at = settled.nextPresent(from); at < Math.min(to, settled.end()); ) {
      long stop = Math.min(to, settled.nextAbsent(at));
      count += stop - at;
      at = settled.nextPresent(stop);
    }
    return count;
  }

  /** Whether the oldest waiting message nears the end of its topic's retention (S1). */
  private List<String> warnings(
      String topic, String group, List<TopicPartition> partitions, Instant now) throws Exception {
    Duration retention = connection.retention(topic).longest();
    if (retention == null) {
      return List.of();
    }
    long old = now.toEpochMilli() - (long) (retention.toMillis() * NEARLY);
    Map<TopicPartition, Long> younger =
        offsets.of(partitions, OffsetSpec.forTimestamp(Math.max(0, old)));
    Map<TopicPartition, Long> ends = offsets.of(partitions, OffsetSpec.latest());
    var committed = offsets.committed(group);
    for (TopicPartition partition : partitions) {
      OffsetAndMetadata at = committed.get(partition);
      long end = ends.getOrDefault(partition, 0L);
      long firstYoung = younger.getOrDefault(partition, -1L);
      long base = at == null ? 0 : at.offset();
      if (base < (firstYoung < 0 ? end : firstYoung)) {
        return List.of(
            "messages of "
                + topic
                + " wait for group "
                + group
                + " longer than 80 % of the topic's retention of "
                + retention
                + "; then Kafka deletes them");
      }
    }
    return List.of();
  }
}
