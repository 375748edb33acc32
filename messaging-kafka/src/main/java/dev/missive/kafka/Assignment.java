package dev.missive.kafka;

import dev.missive.kafka.KafkaNames.Tier;
import dev.missive.kafka.OffsetTracker.Commit;
import dev.missive.spi.Delivery.Settled;
import dev.missive.spi.Subscription.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * One partition for as long as this member has it. The object is the epoch of its deliveries: what
 * is settled after its end counts for nothing, also when the same partition comes back.
 *
 * <p>The buffer belongs to the poll thread; what is settled on any thread is guarded by the lock.
 */
final class Assignment {
  /** How far reading may run ahead of the oldest unsettled message of a group. */
  static final int LONGEST_SPAN = 10_000;

  final TopicPartition partition;
  private final @Nullable Tier tier;
  private final long longestSpan;
  private final ArrayDeque<ConsumerRecord<byte[], byte[]>> buffer = new ArrayDeque<>();

  /** Behind the last record that was fetched; only the poll thread knows. */
  private long nextFetched;

  /** Whether fetched records were thrown away; only the poll thread knows. */
  private boolean dropped;

  /** Whether the client has been told not to fetch; only the poll thread knows. */
  boolean pausedAtClient;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private final ArrayDeque<ConsumerRecord<byte[], byte[]>> released = new ArrayDeque<>();
  private final OffsetTracker tracker;
  private final @Nullable LetterBook book;
  private int held;
  private boolean over;
  private boolean changed;
  private boolean terse;

  /** What the broker is known to have; only the poll thread knows. */
  long committed;

  /** Up to where records were deleted; only the poll thread knows. */
  long trimmed;

  /**
   * Makes one.
   *
   * @param base where reading goes on
   * @param metadata what was committed with it
   * @param metadataBytes how much metadata the broker takes
   * @param subscription whose it is: of dead letters any number may lie open, and in its own topic
   *     nothing waits for a tier, whatever that is called
   */
  Assignment(
      TopicPartition partition,
      long base,
      @Nullable String metadata,
      int metadataBytes,
      KafkaSubscription subscription) {
    this.partition = partition;
    boolean letters = subscription.spec.kind() == Kind.DEAD_LETTERS;
    boolean own = partition.topic().equals(subscription.spec.topic());
    this.tier = own ? null : Tier.of(partition.topic());
    this.longestSpan = letters ? Long.MAX_VALUE : LONGEST_SPAN;
    this.tracker = new OffsetTracker(base, metadata, metadataBytes);
    this.book = letters ? new LetterBook() : null;
    this.nextFetched = base;
    this.committed = base;
    this.trimmed = base;
  }

  // ---- the poll thread

  void buffer(List<ConsumerRecord<byte[], byte[]>> records) {
    buffer.addAll(records);
    nextFetched = records.get(records.size() - 1).offset() + 1;
  }

  /**
   * The lowest offset that can be fetched next, whether it was settled in an earlier life or not.
   */
  long nextFetched() {
    return nextFetched;
  }

  boolean buffered() {
    return !buffer.isEmpty();
  }

  /** How many records were fetched and not delivered. */
  int waiting() {
    return buffer.size();
  }

  /**
   * Records that the client has handed over are not delivered from here. Its position says nothing
   * about what was delivered any more.
   */
  void drop() {
    buffer.clear();
    dropped = true;
  }

  /** Whether so much is open that nothing more may be read. */
  boolean full() {
    lock.lock();
    try {
      return tracker.span() >= longestSpan;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a record waits for nothing but room. */
  boolean deliverable(Instant now) {
    return buffered() && wait(now).isZero() && !full();
  }

  /** Takes out what can be delivered, at most so many. */
  void take(KafkaSubscription subscription, Instant now, int most, List<KafkaDelivery> into) {
    lock.lock();
    try {
      int left = most;
      for (; left > 0 && !released.isEmpty(); left--) {
        into.add(deliver(subscription, released.remove()));
      }
      while (left > 0 && !buffer.isEmpty() && tracker.span() < longestSpan) {
        ConsumerRecord<byte[], byte[]> record = buffer.element();
        if (!wait(record, now).isZero()) {
          return;
        }
        buffer.remove();
        boolean open = tracker.fetched(record.offset());
        if (open && (book == null || !book.heldAlready(record))) {
          into.add(deliver(subscription, record));
          left--;
        } else {
          changed = true;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private KafkaDelivery deliver(
      KafkaSubscription subscription, ConsumerRecord<byte[], byte[]> record) {
    held++;
    KafkaDelivery delivery =
        new KafkaDelivery(subscription, this, record, tracker.failedRuns(record.offset()));
    if (book != null) {
      book.delivered(delivery);
    }
    return delivery;
  }

  /** How long the first buffered record has to wait; zero if it can go, or there is none. */
  Duration wait(Instant now) {
    ConsumerRecord<byte[], byte[]> first = buffer.peek();
    return first == null ? Duration.ZERO : wait(first, now);
  }

  /** A record leaves a tier when it is due or the tier's delay has passed. */
  private Duration wait(ConsumerRecord<byte[], byte[]> record, Instant now) {
    Instant due = tier == null ? null : KafkaMessages.notBefore(record);
    if (tier == null || due == null || !due.isAfter(now)) {
      return Duration.ZERO;
    }
    Instant passed = Instant.ofEpochMilli(record.timestamp()).plus(tier.delay);
    Instant leaves = due.isBefore(passed) ? due : passed;
    return leaves.isAfter(now) ? Duration.between(now, leaves) : Duration.ZERO;
  }

  /** There is nothing for readers below this offset beyond what was fetched. */
  void skipTo(long position) {
    lock.lock();
    try {
      if (!over && !dropped && buffer.isEmpty() && position > tracker.position()) {
        tracker.skipTo(position);
        changed = true;
      }
    } finally {
      lock.unlock();
    }
  }

  /** What is to be committed; null if nothing has changed since the last time. */
  @Nullable Commit commit() {
    lock.lock();
    try {
      if (!changed || over) {
        return null;
      }
      changed = false;
      return told();
    } finally {
      lock.unlock();
    }
  }

  private Commit told() {
    Commit commit = tracker.commit();
    return terse ? new Commit(commit.base(), "", commit.metadata().isEmpty()) : commit;
  }

  /** From now on nothing is told but the base: the broker takes no more. */
  void tellLess() {
    lock.lock();
    try {
      terse = true;
      changed = true;
    } finally {
      lock.unlock();
    }
  }

  /** The last commit did not arrive. */
  void commitFailed() {
    lock.lock();
    try {
      changed = true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing of it is held any more. */
  void awaitIdle(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (held > 0 && left > 0) {
        left = idle.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends it: from now on settling counts for nothing.
   *
   * @return what may still be committed
   */
  Commit end() {
    buffer.clear();
    lock.lock();
    try {
      over = true;
      released.clear();
      return told();
    } finally {
      lock.unlock();
    }
  }

  /** How many deliveries nobody has settled. */
  int held() {
    lock.lock();
    try {
      return held;
    } finally {
      lock.unlock();
    }
  }

  // ---- dead letters that move

  /** The open letters, oldest first. */
  List<ConsumerRecord<byte[], byte[]>> letters() {
    lock.lock();
    try {
      return book == null ? List.of() : book.records();
    } finally {
      lock.unlock();
    }
  }

  /** What there is to commit once all open letters lie elsewhere. */
  Commit afterMove() {
    lock.lock();
    try {
      return tracker.withoutOpen();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The letters lie elsewhere now, and offsets without a letter lie behind them.
   *
   * @param places from where to where
   * @param markers offsets that hold nothing
   */
  void moved(Map<Long, Long> places, List<Long> markers) {
    lock.lock();
    try {
      if (over || book == null) {
        return;
      }
      // Those that nobody holds are delivered from their new place.
      released.clear();
      places.forEach(
          (from, to) -> {
            if (!book.moved(from, to)) {
              tracker.settleAhead(to);
            }
            tracker.settle(from);
          });
      markers.forEach(tracker::settleAhead);
      changed = true;
    } finally {
      lock.unlock();
    }
  }

  // ---- any thread

  Settled acknowledge(KafkaDelivery delivery) {
    lock.lock();
    try {
      if (over) {
        return Settled.STALE;
      }
      if (!delivery.open) {
        return Settled.ALREADY;
      }
      delivery.open = false;
      if (!tracker.settle(delivery.offset)) {
        // Moved, and not read again yet.
        tracker.settleAhead(delivery.offset);
      }
      if (book != null) {
        book.settled(delivery);
      }
      changed = true;
      letGo();
      return Settled.DONE;
    } finally {
      lock.unlock();
    }
  }

  /** The offset stays open; while the assignment lasts its record is delivered again. */
  Settled release(KafkaDelivery delivery) {
    lock.lock();
    try {
      if (over) {
        return Settled.STALE;
      }
      if (!delivery.open) {
        return Settled.ALREADY;
      }
      delivery.open = false;
      if (delivery.offset < tracker.position()) {
        released.add(delivery.record());
      }
      if (book != null) {
        book.released(delivery);
      }
      letGo();
      return Settled.DONE;
    } finally {
      lock.unlock();
    }
  }

  private void letGo() {
    if (--held == 0) {
      idle.signalAll();
    }
  }

  void failed(KafkaDelivery delivery, int runs) {
    lock.lock();
    try {
      if (!over && delivery.open) {
        tracker.failed(delivery.offset, runs);
        changed = true;
      }
    } finally {
      lock.unlock();
    }
  }
}
