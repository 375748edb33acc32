package dev.missive.testkit.memory;

import dev.missive.testkit.memory.MemoryMessages.Stored;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The queue of one group, of its dead letters, of a broadcast subscriber or of a reply address:
 * what can be handed out lies in a backlog, what waits for its time in a heap. Guarded by the
 * server's lock.
 */
final class MemoryGroup {
  final String name;
  final boolean keyOrder;
  final List<MemorySubscription> subscriptions = new ArrayList<>();

  /** The server will look whether there is something to hand out. */
  boolean dirty;

  private final MemoryQuota quota;
  private final @Nullable Random random;
  private final MemoryBacklog backlog;
  private final PriorityQueue<MemoryEntry> waiting =
      new PriorityQueue<>(
          Comparator.<MemoryEntry, Instant>comparing(entry -> Objects.requireNonNull(entry.due))
              .thenComparingLong(entry -> entry.sequence));
  private int size;
  private int inFlight;
  private long sequence;
  private int turn;
  private boolean gone;

  MemoryGroup(String name, boolean keyOrder, @Nullable Long seed, MemoryQuota quota) {
    this.name = name;
    this.keyOrder = keyOrder;
    this.random = seed == null ? null : new Random(seed);
    this.backlog = keyOrder ? new MemoryLanes() : new MemoryQueue();
    this.quota = quota;
  }

  void add(Stored message, @Nullable Instant due) {
    quota.take(message);
    MemoryEntry entry = new MemoryEntry(message, sequence++);
    if (due == null) {
      size++;
      backlog.add(entry);
    } else {
      entry.due = due;
      waiting.add(entry);
    }
  }

  /** When the next one that waits is due; null if none does. */
  @Nullable Instant nextDue() {
    MemoryEntry first = waiting.peek();
    return first == null ? null : first.due;
  }

  /** Moves what is due to the backlog, behind what is there. */
  boolean wake(Instant now) {
    boolean any = false;
    for (MemoryEntry first = waiting.peek();
        first != null && !Objects.requireNonNull(first.due).isAfter(now);
        first = waiting.peek()) {
      waiting.poll();
      first.due = null;
      first.sequence = sequence++;
      size++;
      backlog.add(first);
      any = true;
    }
    return any;
  }

  /** Hands out what can be handed out. */
  void assign(MemoryFaults faults) {
    while (size > 0 && assignOne(faults)) {}
  }

  /** Hands one to the next subscription in turn that has room and may get one. */
  private boolean assignOne(MemoryFaults faults) {
    int count = subscriptions.size();
    if (random != null && count > 1) {
      turn = random.nextInt(count);
    }
    for (int i = 0; i < count; i++) {
      MemorySubscription candidate = subscriptions.get((turn + i) % count);
      MemoryEntry entry = candidate.hasRoom() ? backlog.take(candidate) : null;
      if (entry != null) {
        turn = (turn + i + 1) % count;
        size--;
        inFlight++;
        candidate.assign(this, entry);
        if (faults.deliversTwice()) {
          quota.take(entry.message);
          size++;
          backlog.add(new MemoryEntry(entry.message, entry.sequence));
        }
        return true;
      }
    }
    return false;
  }

  /** One that was handed out is done. */
  void done(MemoryEntry entry) {
    inFlight--;
    backlog.done(entry);
    quota.letGo(entry.message);
  }

  /** One that was handed out comes back to its old place. */
  void comeBack(MemoryEntry entry) {
    if (gone) {
      done(entry);
      return;
    }
    inFlight--;
    size++;
    backlog.comeBack(entry);
  }

  int waitingCount() {
    return size + waiting.size();
  }

  int inFlight() {
    return inFlight;
  }

  /** Everything that is not in flight, for assertions, in order. */
  List<Stored> contents() {
    List<MemoryEntry> all = new ArrayList<>(backlog.contents());
    all.addAll(waiting);
    all.sort(Comparator.comparingLong(entry -> entry.sequence));
    return all.stream().map(entry -> entry.message).toList();
  }

  /** Forgets everything but what is in flight. */
  void clear() {
    backlog.clear().forEach(entry -> quota.letGo(entry.message));
    waiting.forEach(entry -> quota.letGo(entry.message));
    waiting.clear();
    size = 0;
  }

  /** It is deleted: what is in flight is not kept either, once it comes back. */
  void discard() {
    gone = true;
    clear();
  }
}
