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
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.OffsetMetadataTooLarge;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Commits what is settled: every interval or thousand acknowledgements, and before partitions are
 * given up. Confined to the poll thread.
 */
final class Commits {
  private static final Logger LOG = System.getLogger("dev.missive.kafka");
  private static final String TOO_LARGE =
      "the broker takes less text beside an offset of {0} than kafka.metadata-bytes says (offset.metadata.max.bytes): what is settled out of order may be delivered again";
  private static final Duration THROUGH_REBALANCE = Duration.ofMillis(100);
  private static final int MANY = 1000;
  private static final Duration TRIM = Duration.ofMinutes(5);

  private final PollLoop loop;
  private final KafkaSubscription subscription;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final LetterMover mover;
  private final long interval;
  private long next;
  private long trimAt;
  private boolean underWay;

  Commits(PollLoop loop, KafkaConsumer<byte[], byte[]> consumer) {
    this.loop = loop;
    this.subscription = loop.subscription;
    this.consumer = consumer;
    this.mover =
        new LetterMover(loop.connection, Objects.requireNonNullElse(subscription.group, ""));
    this.interval = loop.connection.settings().commitInterval().toNanos();
    this.next = loop.connection.time().nanos() + interval;
    this.trimAt = next + TRIM.toNanos();
  }

  void whenDue(long now) {
    if (subscription.group == null
        || subscription.gone() != null
        || underWay
        || now - next < 0 && subscription.acknowledged.get() < MANY) {
      return;
    }
    next = now + interval;
    if (now - trimAt >= 0) {
      trimAt = now + TRIM.toNanos();
      trim(List.copyOf(loop.assigned.values()));
    }
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
          if (error instanceof OffsetMetadataTooLarge && subscription.spec.kind() == Kind.GROUP) {
            part.forEach(Assignment::tellLess);
            LOG.log(Level.WARNING, TOO_LARGE, subscription.group);
          } else if (error != null) {
            part.forEach(Assignment::commitFailed);
            LOG.log(Level.DEBUG, "offsets are committed again later", error);
          } else {
            part.forEach(assignment -> arrived(assignment, offsets));
          }
        });
  }

  /** Ends these assignments and commits what was settled; a failure costs duplicates. */
  void last(List<Assignment> ending, Duration atMost) {
    if (subscription.group == null || subscription.gone() != null) {
      ending.forEach(Assignment::end);
      return;
    }
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (Assignment assignment : ending) {
      passMarkers(assignment);
      Commit commit = assignment.commit();
      if (commit != null && !fits(assignment, commit)) {
        LOG.log(Level.DEBUG, "the letters of {0} have moved", subscription.group);
      }
      offsets.put(assignment.partition, offset(assignment.end()));
    }
    if (offsets.isEmpty()) {
      return;
    }
    try {
      commitNow(offsets, atMost);
      ending.forEach(assignment -> arrived(assignment, offsets));
      trim(ending);
    } catch (KafkaException e) {
      LOG.log(
          Level.WARNING,
          "what was settled last in {0} could not be committed and may be delivered again: {1}",
          subscription.group,
          e.getClass().getName());
    }
  }

  private void commitNow(Map<TopicPartition, OffsetAndMetadata> offsets, Duration atMost) {
    long end = System.nanoTime() + atMost.toNanos();
    while (true) {
      try {
        consumer.commitSync(offsets, atMost);
        return;
      } catch (WakeupException e) {
        // Meant for poll.
      } catch (OffsetMetadataTooLarge e) {
        offsets.replaceAll((partition, at) -> new OffsetAndMetadata(at.offset()));
        LOG.log(Level.WARNING, TOO_LARGE, subscription.group);
      } catch (RebalanceInProgressException e) {
        if (!subscription.closing || System.nanoTime() - end > 0) {
          throw e;
        }
        // Nothing can be committed before the rebalance is over, and only poll gets through it.
        // What it takes is committed by its own callback.
        consumer.pause(consumer.assignment());
        consumer.poll(THROUGH_REBALANCE);
        // Of a partition that came meanwhile it may have taken records, which nobody handles: the
        // client's position must not settle them when the partition goes again.
        loop.assigned.values().forEach(Assignment::drop);
        offsets.keySet().retainAll(loop.assigned.keySet());
        if (offsets.isEmpty()) {
          return;
        }
      }
    }
  }

  private static void arrived(
      Assignment assignment, Map<TopicPartition, OffsetAndMetadata> offsets) {
    OffsetAndMetadata at = offsets.get(assignment.partition);
    if (at != null) {
      assignment.committed = at.offset();
    }
  }

  /** Retry topics and dead letters belong to this group alone, and nothing else ends them. */
  private void trim(List<Assignment> assignments) {
    Map<TopicPartition, RecordsToDelete> done = new HashMap<>();
    for (Assignment assignment : assignments) {
      boolean own =
          subscription.spec.kind() == Kind.DEAD_LETTERS
              || !assignment.partition.topic().equals(subscription.spec.topic());
      if (own && assignment.committed > assignment.trimmed) {
        assignment.trimmed = assignment.committed;
        done.put(assignment.partition, RecordsToDelete.beforeOffset(assignment.committed));
      }
    }
    if (!done.isEmpty()) {
      loop.connection.deleteRecords(done);
    }
  }

  /** Where nothing is buffered the client may have passed markers of transactions. */
  private void passMarkers(Assignment assignment) {
    if (assignment.buffered()) {
      return;
    }
    try {
      assignment.skipTo(consumer.position(assignment.partition, Duration.ZERO));
    } catch (TimeoutException | IllegalStateException | WakeupException e) {
      // It has no position yet, or is not ours any more; or a wakeup has come too late for its
      // poll.
    }
  }

  /**
   * Whether everything that is settled is told; if not, dead letters that are left are moved behind
   * the others (ADR 0020). The open offsets of a group are few enough to be told always.
   */
  private boolean fits(Assignment assignment, Commit commit) {
    if (commit.complete() || subscription.spec.kind() != Kind.DEAD_LETTERS) {
      return true;
    }
    if (!mover.move(assignment, consumer.groupMetadata())) {
      assignment.commitFailed();
    }
    return false;
  }

  private static OffsetAndMetadata offset(Commit commit) {
    return new OffsetAndMetadata(commit.base(), Optional.empty(), commit.metadata());
  }
}
