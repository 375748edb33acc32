package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.Time;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that talks to one consumer of Kafka's: it polls, hands over what has come as long
 * as the window has room, pauses partitions while it has none, and commits. A consumer that breaks
 * is replaced by a new one.
 */
final class PollLoop implements Runnable {
  private static final Logger LOG = System.getLogger("dev.missive.kafka");

  /** What another consumer would be refused too. */
  private static final Set<ErrorCode> REFUSALS =
      Set.of(ErrorCode.CONFIG_INVALID, ErrorCode.TOPIC_MISSING, ErrorCode.TOPOLOGY_MISMATCH);

  private static final Duration IDLE = Duration.ofMillis(500);
  private static final Duration NOT_READY = Duration.ofMillis(50);
  private static final Duration FULL = Duration.ofMillis(5);

  /** With so many fetched records waiting here no more are asked for. */
  private static final int AHEAD = 100;

  /** For how long the others are not asked while one partition has something, in nanoseconds. */
  private static final long OTHERS_WAIT = 2_000_000_000;

  private static final Duration LAST_COMMIT = Duration.ofSeconds(5);
  private static final Duration LEAVE = Duration.ofSeconds(2);
  private static final long FIRST_WAIT = 250;
  private static final long LONGEST_WAIT = 30_000;

  final KafkaSubscription subscription;
  final KafkaConnection connection;
  final Map<TopicPartition, Assignment> assigned = new LinkedHashMap<>();
  private final Time time;
  private int failures;
  private int turn;
  private long lastFetch;
  private boolean nothingCame;

  /** How many fetched records wait for nothing but room. */
  private int waiting;

  private volatile boolean parked;
  private volatile boolean polling;
  private volatile boolean woken;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> current;
  private volatile @Nullable Thread thread;

  PollLoop(KafkaSubscription subscription, KafkaConnection connection) {
    this.subscription = subscription;
    this.connection = connection;
    this.time = connection.time();
    this.lastFetch = time.nanos();
  }

  // ---- any thread

  /** Something has changed that the poll thread must see soon. */
  void wake() {
    woken = true;
    roomMade();
    wakePoll();
  }

  private void wakePoll() {
    KafkaConsumer<byte[], byte[]> consumer = current;
    if (polling && consumer != null) {
      consumer.wakeup();
    }
  }

  /** The window has room again. */
  void roomMade() {
    if (parked) {
      LockSupport.unpark(thread);
    }
  }

  // ---- the poll thread

  @Override
  public void run() {
    thread = Thread.currentThread();
    try {
      while (subscription.goesOn()) {
        session();
      }
      // Only now: a commit that was under way would be taken for one of the topic that follows.
      MessagingException gone = subscription.gone();
      if (gone != null && !subscription.closing) {
        end(gone);
      }
    } finally {
      MessagingException closed =
          new MessagingException(ErrorCode.CLOSED, "the subscription was closed");
      subscription.ready.completeExceptionally(closed);
      subscription.stopped.complete(null);
      subscription.ended.complete(null);
      connection.ended(subscription);
    }
  }

  private void session() {
    KafkaConsumer<byte[], byte[]> consumer = null;
    Commits commits = null;
    try {
      consumer = connection.consumer(subscription);
      current = consumer;
      commits = new Commits(this, consumer);
      Membership membership = new Membership(this, consumer, commits);
      membership.join();
      while (subscription.goesOn()) {
        if (subscription.stopping) {
          assigned.values().forEach(Assignment::drop);
          subscription.stopped.complete(null);
        }
        membership.grow(time.nanos());
        deliver();
        Instant now = time.now();
        adjust(consumer, now);
        commits.whenDue(time.nanos());
        poll(consumer, membership.joined(), now);
        if (!subscription.ready.isDone() && membership.joined()) {
          failures = 0;
          subscription.ready.complete(null);
        }
      }
      subscription.stopped.complete(null);
      commits.last(new ArrayList<>(assigned.values()), LAST_COMMIT);
    } catch (InterruptException e) {
      subscription.closing = true;
    } catch (RuntimeException e) {
      broken(e);
    } finally {
      current = null;
      forgetAll();
      if (consumer != null) {
        leave(consumer);
      }
    }
  }

  /**
   * Hands over what is here as handlers make room for it, until the client has to be polled:
   * because little is left here, or nothing came of the last poll and it was a while ago.
   */
  private void deliver() {
    long until = time.nanos() + FULL.toNanos();
    waiting = handOver();
    while (waiting > 0 && (waiting >= AHEAD || nothingCame) && !woken && time.nanos() - until < 0) {
      park(FULL, true);
      waiting = handOver();
    }
  }

  /**
   * Hands over what has room.
   *
   * @return how many are left that wait for nothing but room
   */
  private int handOver() {
    if (subscription.paused || subscription.stopping || assigned.isEmpty()) {
      return 0;
    }
    Instant now = time.now();
    List<Assignment> order = new ArrayList<>(assigned.values());
    int room = Math.max(0, subscription.room());
    List<KafkaDelivery> burst = new ArrayList<>();
    for (int i = 0; i < order.size(); i++) {
      order.get((turn + i) % order.size()).take(subscription, now, room - burst.size(), burst);
    }
    turn = (turn + 1) % order.size();
    subscription.unsettled.addAndGet(burst.size());
    int last = burst.size() - 1;
    for (int i = 0; i <= last; i++) {
      subscription.listener.delivered(burst.get(i), i < last);
    }
    int left = 0;
    for (Assignment assignment : order) {
      left += assignment.deliverable(now) ? assignment.waiting() : 0;
    }
    return left;
  }

  /**
   * Tells the client which partitions to fetch from: those of which little waits here. As long as
   * enough can be delivered, none at all: a broker holds a fetch from partitions that have nothing,
   * retry topics for instance, and meanwhile the client asks it for nothing else; it asks for none
   * of them while it has records of one it may hand over. Only where handlers are slow that costs
   * less than it brings to the other partitions.
   */
  private void adjust(KafkaConsumer<byte[], byte[]> consumer, Instant now) {
    boolean none =
        subscription.paused
            || subscription.stopping
            || waiting >= AHEAD && time.nanos() - lastFetch < OTHERS_WAIT;
    List<TopicPartition> pause = new ArrayList<>();
    List<TopicPartition> resume = new ArrayList<>();
    for (Assignment assignment : assigned.values()) {
      boolean rest =
          none
              || assignment.waiting() >= AHEAD
              || assignment.full()
              || !assignment.wait(now).isZero();
      if (rest != assignment.pausedAtClient) {
        (rest ? pause : resume).add(assignment.partition);
        assignment.pausedAtClient = rest;
      }
    }
    if (!pause.isEmpty()) {
      consumer.pause(pause);
    }
    if (!resume.isEmpty()) {
      consumer.resume(resume);
    }
  }

  private void poll(KafkaConsumer<byte[], byte[]> consumer, boolean joined, Instant now) {
    Duration wait = joined ? IDLE : NOT_READY;
    boolean fetching = assigned.isEmpty();
    boolean full = false;
    for (Assignment assignment : assigned.values()) {
      fetching |= !assignment.pausedAtClient;
      full |= assignment.buffered() && assignment.full();
      Duration tier = assignment.wait(now);
      wait = !tier.isZero() && tier.compareTo(wait) < 0 ? tier : wait;
    }
    if (waiting > 0) {
      // It is deliver() that waits, for room.
      wait = Duration.ZERO;
    } else if (!fetching) {
      // Nothing can come: poll only to stay a member.
      park(full ? FULL : wait, false);
      wait = Duration.ZERO;
    }
    ConsumerRecords<byte[], byte[]> records;
    polling = true;
    // Who wakes it from here on finds it polling.
    wait = woken ? Duration.ZERO : wait;
    woken = false;
    try {
      if (!subscription.goesOn()) {
        return;
      }
      records = consumer.poll(wait);
    } catch (WakeupException e) {
      return;
    } finally {
      polling = false;
    }
    nothingCame = records.isEmpty();
    if (!nothingCame) {
      lastFetch = time.nanos();
    }
    buffer(records);
  }

  private void buffer(ConsumerRecords<byte[], byte[]> records) {
    for (TopicPartition partition : records.partitions()) {
      Assignment assignment = assigned.get(partition);
      if (assignment == null) {
        continue;
      }
      if (subscription.stopping) {
        assignment.drop();
        continue;
      }
      List<ConsumerRecord<byte[], byte[]>> fetched = records.records(partition);
      if (fetched.get(0).offset() < assignment.nextFetched()) {
        assignment = restart(assignment, fetched.get(0).offset());
      }
      assignment.buffer(fetched);
    }
  }

  /**
   * Reading has gone back: the topic was deleted and made again, or its end was lost with a broker.
   * What is known of offsets from here on was about other messages.
   */
  private Assignment restart(Assignment old, long offset) {
    forget(old);
    Assignment fresh =
        new Assignment(
            old.partition, offset, null, connection.settings().metadataBytes(), subscription);
    assigned.put(fresh.partition, fresh);
    return fresh;
  }

  /**
   * Runs what Kafka calls inside of poll. Nobody wakes it there: Kafka takes a callback that was
   * woken for one that has been made, and the partitions it was about would be nobody's (observed
   * with both protocols, 4.4.0).
   */
  void undisturbed(Runnable callback) {
    boolean before = polling;
    polling = false;
    try {
      callback.run();
    } finally {
      polling = before;
      if (woken) {
        wakePoll();
      }
    }
  }

  private void park(Duration wait, boolean forRoom) {
    parked = true;
    try {
      if (!woken && !(forRoom && subscription.hasRoom())) {
        LockSupport.parkNanos(wait.toNanos());
      }
    } finally {
      parked = false;
    }
  }

  /** The consumer cannot be used any more: its epochs are over, and another one is made. */
  private void broken(RuntimeException error) {
    MessagingException why =
        KafkaErrors.of(error, "consuming from " + String.join(", ", subscription.topics));
    if (!subscription.goesOn()) {
      return;
    }
    connection.trouble(why);
    if (REFUSALS.contains(why.code())
        || why.code() == ErrorCode.AUTH && !subscription.ready.isDone()) {
      end(why);
      return;
    }
    // That the broker is away is told by the state of the connection.
    LOG.log(
        why.code() == ErrorCode.BROKER_UNREACHABLE ? Level.DEBUG : Level.WARNING,
        "a consumer of {0} begins again: {1}",
        subscription.address(),
        why.getMessage());
    long ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT << Math.min(7, failures++));
    parked = true;
    LockSupport.parkNanos(
        Duration.ofMillis(1 + ThreadLocalRandom.current().nextLong(ceiling)).toNanos());
    parked = false;
  }

  /** It cannot go on; told once, either by the stage that somebody waits for or to the listener. */
  private void end(MessagingException why) {
    subscription.closing = true;
    if (!subscription.ready.completeExceptionally(why)) {
      subscription.listener.failed(why);
    }
  }

  /** What is held comes back to the broker. */
  private void forgetAll() {
    List.copyOf(assigned.values()).forEach(this::forget);
  }

  /** An epoch is over; what was committed of it was committed before. */
  void forget(Assignment assignment) {
    assignment.end();
    assigned.remove(assignment.partition);
    subscription.unsettled.addAndGet(-assignment.held());
    if (!subscription.closing) {
      subscription.listener.revoked(assignment);
    }
  }

  private static void leave(KafkaConsumer<byte[], byte[]> consumer) {
    try {
      consumer.close(
          CloseOptions.timeout(LEAVE)
              .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
    } catch (RuntimeException e) {
      // It is gone; the broker notices when its session ends.
      LOG.log(Level.DEBUG, "a consumer could not leave its group", e);
    }
  }
}
