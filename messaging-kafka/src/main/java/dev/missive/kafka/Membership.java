package dev.missive.kafka;

import dev.missive.spi.Subscription.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Which partitions a consumer has: those its group gives it, or all of its topic from the end.
 * Confined to the poll thread; Kafka calls it inside of poll.
 */
final class Membership implements ConsumerRebalanceListener {
  private static final long BETWEEN_LOOKS = 1_000_000_000;

  private final PollLoop loop;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Commits commits;
  private boolean joined;
  private long lastLook;

  Membership(PollLoop loop, KafkaConsumer<byte[], byte[]> consumer, Commits commits) {
    this.loop = loop;
    this.consumer = consumer;
    this.commits = commits;
  }

  /** Joins the group, or takes all partitions. */
  void join() {
    if (loop.subscription.group != null) {
      remember();
      consumer.subscribe(loop.subscription.topics, this);
      return;
    }
    List<TopicPartition> all =
        loop.connection.partitions(loop.subscription.topics.get(0), loop.subscription.spec.kind());
    remember();
    consumer.assign(all);
    consumer.seekToEnd(all);
    for (TopicPartition partition : all) {
      long end = consumer.position(partition);
      loop.assigned.put(partition, new Assignment(partition, end, null, 0, loop.subscription));
    }
    lastLook = loop.connection.time().nanos();
    joined = true;
  }

  /**
   * Takes what the topic of a broadcast has got meanwhile, from its first message on: nothing
   * published while it is connected is missed (S4). Groups are given it by Kafka. Both know of it
   * when the client asks for its topics again (metadata.max.age.ms).
   */
  void grow(long now) {
    if (loop.subscription.spec.kind() != Kind.BROADCAST || now - lastLook < BETWEEN_LOOKS) {
      return;
    }
    lastLook = now;
    List<TopicPartition> added = known(loop.subscription.topics.get(0));
    added.removeAll(loop.assigned.keySet());
    if (added.isEmpty()) {
      return;
    }
    List<TopicPartition> all = new ArrayList<>(loop.assigned.keySet());
    all.addAll(added);
    consumer.assign(all);
    for (TopicPartition partition : added) {
      consumer.seek(partition, 0);
      loop.assigned.put(partition, new Assignment(partition, 0, null, 0, loop.subscription));
    }
  }

  /** The partitions that the client knows of, without asking the broker. */
  private List<TopicPartition> known(String topic) {
    List<TopicPartition> known = new ArrayList<>();
    try {
      for (PartitionInfo info : consumer.partitionsFor(topic, Duration.ZERO)) {
        known.add(new TopicPartition(topic, info.partition()));
      }
    } catch (TimeoutException | WakeupException e) {
      // It knows of none; or a wakeup has come too late for its poll.
    }
    return known;
  }

  /** What is read, from the first consumer to the last. */
  private void remember() {
    if (loop.subscription.topicIds.isEmpty()) {
      loop.subscription.topicIds = loop.connection.topicIds(loop.subscription.topics);
    }
  }

  /** Whether it is a member, with or without partitions. */
  boolean joined() {
    // A member that gets nothing is not called back in every protocol.
    joined |= loop.subscription.group != null && consumer.groupMetadata().generationId() > 0;
    return joined;
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> added) {
    loop.undisturbed(
        () -> {
          if (!added.isEmpty()) {
            begin(Set.copyOf(added));
          }
          joined = true;
        });
  }

  private void begin(Set<TopicPartition> partitions) {
    int bytes = loop.connection.settings().metadataBytes();
    Map<TopicPartition, OffsetAndMetadata> committed =
        persistently(() -> consumer.committed(partitions));
    for (TopicPartition partition : partitions) {
      OffsetAndMetadata at = committed.get(partition);
      long base = at == null ? persistently(() -> consumer.position(partition)) : at.offset();
      String metadata = at == null ? null : at.metadata();
      loop.assigned.put(
          partition, new Assignment(partition, base, metadata, bytes, loop.subscription));
    }
  }

  /** Asks again if somebody who saw the poll before the callback wakes it now. */
  private static <T> T persistently(Supplier<T> question) {
    while (true) {
      try {
        return question.get();
      } catch (WakeupException e) {
        // The poll that follows is woken once more.
      }
    }
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> gone) {
    loop.undisturbed(() -> revoke(gone));
  }

  /** Waits for running handlers, commits what they settled, and only then lets go (S12). */
  private void revoke(Collection<TopicPartition> gone) {
    List<Assignment> ending = take(gone);
    if (ending.isEmpty()) {
      return;
    }
    if (!loop.subscription.closing && loop.subscription.spec.kind() == Kind.GROUP) {
      ending.forEach(Assignment::drop);
      ending.forEach(assignment -> loop.subscription.listener.revoking(assignment));
      long end = System.nanoTime() + loop.connection.settings().revokeTimeout().toNanos();
      ending.forEach(assignment -> assignment.awaitIdle(end - System.nanoTime()));
    }
    commits.last(ending, loop.connection.settings().requestTimeout());
    ending.forEach(loop::forget);
    loop.connection.lookAfter(loop.subscription);
  }

  /** Somebody else has them already: nothing may be committed. */
  @Override
  public void onPartitionsLost(Collection<TopicPartition> gone) {
    take(gone).forEach(loop::forget);
    loop.connection.lookAfter(loop.subscription);
  }

  private List<Assignment> take(Collection<TopicPartition> partitions) {
    List<Assignment> taken = new ArrayList<>();
    for (TopicPartition partition : partitions) {
      Assignment assignment = loop.assigned.get(partition);
      if (assignment != null) {
        taken.add(assignment);
      }
    }
    return taken;
  }
}
