package dev.missive.kafka;

import dev.missive.kafka.OffsetTracker.Commit;
import dev.missive.spi.Subscription.Kind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Commits what is settled: every interval or thousand acknowledgements, and before partitions are
 * given up. Confined to the poll thread.
 */
final class Commits {
  private static final Logger LOG = System.getLogger("dev.missive.kafka");
  private static final int MANY = 1000;

  private final PollLoop loop;
  private final KafkaSubscription subscription;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final long interval;
  private long next;
  private boolean underWay;

  Commits(PollLoop loop, KafkaConsumer<byte[], byte[]> consumer) {
    this.loop = loop;
    this.subscription = loop.subscription;
    this.consumer = consumer;
    this.interval = loop.connection.settings().commitInterval().toNanos();
    this.next = loop.connection.time().nanos() + interval;
  }

  void whenDue(long now) {
    if (subscription.group == null
        || underWay
        || now - next < 0 && subscription.acknowledged.get() < MANY) {
      return;
    }
    next = now + interval;
    subscription.acknowledged.set(0);
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    List<Assignment> part = new ArrayList<>();
    for (Assignment assignment : loop.assigned.values()) {
      passMarkers(assignment);
      Commit commit = assignment.commit();
      if (commit != null && fits(assignment, commit)) {
        offsets.put(assignment.partition, offset(commit));
        part.add(assignment);
      }
    }
    if (offsets.isEmpty()) {
      return;
    }
    underWay = true;
    consumer.commitAsync(
        offsets,
        (committed, error) -> {
          underWay = false;
          if (error != null) {
            part.forEach(Assignment::commitFailed);
            LOG.log(Level.DEBUG, "offsets are committed again later", error);
          }
        });
  }

  /** Ends these assignments and commits what was settled; a failure costs duplicates. */
  void last(List<Assignment> ending, Duration atMost) {
    if (subscription.group == null) {
      ending.forEach(Assignment::end);
      return;
    }
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (Assignment assignment : ending) {
      passMarkers(assignment);
      Commit commit = assignment.commit();
      boolean moved = commit != null && !fits(assignment, commit);
      Commit end = assignment.end();
      if (!moved) {
        offsets.put(assignment.partition, offset(end));
      }
    }
    if (offsets.isEmpty()) {
      return;
    }
    try {
      try {
        consumer.commitSync(offsets, atMost);
      } catch (WakeupException e) {
        // Meant for poll.
        consumer.commitSync(offsets, atMost);
      }
    } catch (KafkaException e) {
      LOG.log(
          Level.WARNING,
          "what was settled last in {0} could not be committed and may be delivered again: {1}",
          subscription.group,
          e.getClass().getName());
    }
  }

  /** Where nothing is buffered the client may have passed markers of transactions. */
  private void passMarkers(Assignment assignment) {
    if (assignment.buffered()) {
      return;
    }
    try {
      assignment.skipTo(consumer.position(assignment.partition, Duration.ZERO));
    } catch (TimeoutException | IllegalStateException e) {
      // It has no position yet, or is not ours any more.
    }
  }

  /** Dead letters that are left move behind the others when the ranges do not fit (ADR 0020). */
  private boolean fits(Assignment assignment, Commit commit) {
    return commit.complete() || subscription.spec.kind() != Kind.DEAD_LETTERS;
  }

  private static OffsetAndMetadata offset(Commit commit) {
    return new OffsetAndMetadata(commit.base(), Optional.empty(), commit.metadata());
  }
}
