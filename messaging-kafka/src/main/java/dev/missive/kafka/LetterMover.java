package dev.missive.kafka;

import dev.missive.kafka.OffsetTracker.Commit;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Moves the dead letters that are left to the end of their topic, when the ranges of those that
 * were handled do not fit beside the committed offset any more: in one transaction with the new
 * offset, so that a crash leaves either the old state or the new one (ADR 0020). Blocks.
 */
final class LetterMover {
  private static final Logger LOG = System.getLogger("dev.missive.kafka");
  private static final Duration LONGEST = Duration.ofSeconds(20);
  private static final Duration LOOK = Duration.ofSeconds(5);
  private static final long BETWEEN_LOOKS = 5_000_000;

  private final KafkaConnection connection;
  private final KafkaOffsets offsets;
  private final String group;

  LetterMover(KafkaConnection connection, String group) {
    this.connection = connection;
    this.offsets = new KafkaOffsets(connection);
    this.group = group;
  }

  /**
   * Moves them.
   *
   * @return false if it could not be done; nothing has changed then
   * @throws KafkaException if nobody knows whether it was done: what the assignment says may be
   *     wrong
   */
  boolean move(Assignment assignment, ConsumerGroupMetadata member) {
    List<ConsumerRecord<byte[], byte[]>> letters = assignment.letters();
    Commit commit = assignment.afterMove();
    Map<Long, Long> places = new LinkedHashMap<>();
    boolean ending = false;
    try (LetterTransaction transaction =
        new LetterTransaction(connection.clients().producer(LONGEST, "missive-" + group))) {
      places.putAll(transaction.append(letters));
      transaction.offset(
          assignment.partition,
          new OffsetAndMetadata(commit.base(), Optional.empty(), commit.metadata()),
          member);
      ending = true;
      transaction.commit();
      LOG.log(
          Level.INFO,
          "{0} dead letters of {1} were moved to its end: too many others had been handled between them",
          letters.size(),
          group);
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      if (ending) {
        throw new KafkaException("nobody knows whether dead letters of " + group + " moved", e);
      }
      LOG.log(
          Level.WARNING,
          "dead letters of {0} could not be moved and are kept where they are: {1}",
          group,
          KafkaErrors.plain(e).getClass().getName());
      return false;
    }
    assignment.moved(places, List.of());
    assignment.committed = commit.base();
    try {
      assignment.moved(Map.of(), markers(assignment.partition, places, commit.base()));
    } catch (Exception e) {
      LOG.log(
          Level.DEBUG, "markers are counted as letters of " + group + " until they are read", e);
    }
    return true;
  }

  /** The offsets behind the moved letters that hold no letter, so that nobody counts them. */
  private List<Long> markers(TopicPartition partition, Map<Long, Long> places, long base)
      throws Exception {
    long first = base;
    for (long to : places.values()) {
      first = Math.max(first, to + 1);
    }
    long until = System.nanoTime() + LOOK.toNanos();
    long end = end(partition);
    // The commit has an answer before its marker is written, and until then readers see no letter.
    while (end <= first && !places.isEmpty() && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(BETWEEN_LOOKS);
      end = end(partition);
    }
    Set<Long> letters = new HashSet<>();
    long passed = first;
    try (KafkaConsumer<byte[], byte[]> reader =
        connection.clients().consumer("letters", null, true)) {
      reader.assign(List.of(partition));
      reader.seek(partition, first);
      while (passed < end && System.nanoTime() - until < 0) {
        reader.poll(Duration.ofMillis(100)).forEach(letter -> letters.add(letter.offset()));
        passed = reader.position(partition);
      }
    }
    List<Long> markers = new ArrayList<>();
    for (long at = first; at < Math.min(passed, end); at++) {
      if (!letters.contains(at)) {
        markers.add(at);
      }
    }
    return markers;
  }

  /** Up to where readers of what is committed can read. */
  private long end(TopicPartition partition) throws Exception {
    return Objects.requireNonNull(
        offsets.of(List.of(partition), OffsetSpec.latest()).get(partition));
  }
}
