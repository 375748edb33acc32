package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.Topology.Depth;
import dev.missive.spi.Destination;
import dev.missive.spi.Seeker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.jspecify.annotations.Nullable;

/** Where groups stand: seeding, depth and seeking. Its methods block unless they return a stage. */
final class KafkaGroups implements Seeker {
  private static final double NEARLY = 0.8;
  private static final int LOOKS = 100;
  private static final long BETWEEN_LOOKS = 20_000_000;

  private final KafkaConnection connection;
  private final KafkaAdmin admin;

  KafkaGroups(KafkaConnection connection, KafkaAdmin admin) {
    this.connection = connection;
    this.admin = admin;
  }

  /** Whether a partition of the topic has no committed offset. */
  boolean unseeded(String topic, String group) throws Exception {
    if (!admin.exists(topic)) {
      return true;
    }
    List<TopicPartition> partitions = admin.partitions(topic);
    var committed = committed(KafkaNames.group(topic, group));
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
    Map<TopicPartition, Long> ends = offsets(partitions, OffsetSpec.latest());
    Map<TopicPartition, Long> starts = new HashMap<>(ends);
    if (from != null) {
      long millis = Math.max(0, from.toEpochMilli());
      offsets(partitions, OffsetSpec.forTimestamp(millis))
          .forEach(
              (partition, offset) ->
                  starts.computeIfPresent(partition, (p, end) -> offset < 0 ? end : offset));
    }
    var committed = committed(name);
    if (beyond(committed, ends)) {
      // Members that have left meanwhile may have committed behind those ends.
      ends.putAll(offsets(partitions, OffsetSpec.latest()));
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

  /** Waits for transactions that are about to change it. */
  private Map<TopicPartition, OffsetAndMetadata> committed(String group) throws Exception {
    return KafkaFutures.get(
        connection
            .client()
            .listConsumerGroupOffsets(
                group, new ListConsumerGroupOffsetsOptions().requireStable(true))
            .partitionsToOffsetAndMetadata());
  }

  /** As readers of what is committed see them. */
  private Map<TopicPartition, Long> offsets(List<TopicPartition> partitions, OffsetSpec spec)
      throws Exception {
    return offsets(partitions, spec, IsolationLevel.READ_COMMITTED);
  }

  private Map<TopicPartition, Long> offsets(
      List<TopicPartition> partitions, OffsetSpec spec, IsolationLevel isolation) throws Exception {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    partitions.forEach(partition -> asked.put(partition, spec));
    Map<TopicPartition, Long> found = new HashMap<>();
    KafkaFutures.get(
            connection.client().listOffsets(asked, new ListOffsetsOptions(isolation)).all())
        .forEach((partition, at) -> found.put(partition, at.offset()));
    return found;
  }

  // ---- depth

  Depth depth(Destination of) throws Exception {
    Instant now = connection.time().now();
    if (of instanceof Destination.DeadLetters letters) {
      String name = KafkaNames.deadLetters(letters.topic(), letters.group());
      long left = letters(name, admin.partitions(name));
      // A cursor holds what it has taken; the others must not count on it.
      boolean taken = left > 0 && !running(name).isEmpty();
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
    var committed = committed(name);
    long left =
        left(
            committed,
            offsets(partitions, OffsetSpec.earliest()),
            offsets(partitions, OffsetSpec.latest()));
    long held = Math.min(left, connection.unsettled(name));
    return new Depth(left - held, held, left, now, warnings(group.topic(), name, own, now));
  }

  /**
   * The dead letters of a group. While some are being moved (ADR 0020) their new places and the
   * offset that goes with them become visible one after the other, and between the two it looks as
   * if none were left: then it is looked again.
   */
  private long letters(String group, List<TopicPartition> partitions) throws Exception {
    for (int look = 1; ; look++) {
      var committed = committed(group);
      Map<TopicPartition, Long> written =
          offsets(partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
      Map<TopicPartition, Long> ends = offsets(partitions, OffsetSpec.latest());
      boolean moving =
          written.entrySet().stream()
              .anyMatch(end -> ends.getOrDefault(end.getKey(), 0L) < end.getValue());
      if (look == LOOKS || !moving && committed(group).equals(committed)) {
        return left(committed, offsets(partitions, OffsetSpec.earliest()), ends);
      }
      LockSupport.parkNanos(BETWEEN_LOOKS);
    }
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
        offsets(partitions, OffsetSpec.forTimestamp(Math.max(0, old)));
    Map<TopicPartition, Long> ends = offsets(partitions, OffsetSpec.latest());
    var committed = committed(group);
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
        || position.offset() < at.apply(offsets(one, OffsetSpec.earliest()))
        || position.offset() >= at.apply(offsets(one, OffsetSpec.latest()))) {
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
  private String running(String group) throws Exception {
    try {
      var found =
          KafkaFutures.get(connection.client().describeConsumerGroups(List.of(group)).all());
      var description = found.get(group);
      GroupState state = description == null ? GroupState.DEAD : description.groupState();
      return state == GroupState.EMPTY || state == GroupState.DEAD
          ? ""
          : String.valueOf(state).toLowerCase(java.util.Locale.ROOT);
    } catch (GroupIdNotFoundException e) {
      return "";
    }
  }
}
