package dev.missive.testkit.memory;

import dev.missive.testkit.memory.MemoryMessages.Stored;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The queue of one group, of its dead letters, of a broadcast subscriber or of a reply address.
 * Guarded by the server's lock.
 *
 * <p>What came back is served before what never left, in the old order; of both the highest
 * priority first; what waits for its time lies in a heap.
 */
final class MemoryGroup {
  private static final int PRIORITIES = 10;

  /** One message in one group. */
  static final class Entry {
    final Stored message;
    final long sequence;
    @Nullable Instant due;
    @Nullable MemorySubscription holder;

    Entry(Stored message, long sequence) {
      this.message = message;
      this.sequence = sequence;
    }

    int priority() {
      Integer priority = message.priority();
      return priority == null ? 0 : priority;
    }
  }

  final String name;
  final boolean keyOrder;
  final List<MemorySubscription> subscriptions = new ArrayList<>();

  private final ArrayDeque<Entry> ready = new ArrayDeque<>();
  private final @Nullable Random random;
  private @Nullable List<ArrayDeque<Entry>> prioritised;
  private final PriorityQueue<Entry> returned =
      new PriorityQueue<>(
          (a, b) ->
              a.priority() != b.priority()
                  ? b.priority() - a.priority()
                  : Long.compare(a.sequence, b.sequence));
  private final PriorityQueue<Entry> waiting = new PriorityQueue<>(MemoryGroup::byDue);
  private final Map<ByteBuffer, KeyHolder> keys = new HashMap<>();
  private int size;
  private int inFlight;
  private long sequence;
  private int turn;

  private static final class KeyHolder {
    final MemorySubscription by;
    int count;

    KeyHolder(MemorySubscription by) {
      this.by = by;
    }
  }

  MemoryGroup(String name, boolean keyOrder, @Nullable Long seed) {
    this.name = name;
    this.keyOrder = keyOrder;
    this.random = seed == null ? null : new Random(seed);
  }

  private static int byDue(Entry a, Entry b) {
    int order =
        java.util.Objects.requireNonNull(a.due).compareTo(java.util.Objects.requireNonNull(b.due));
    return order != 0 ? order : Long.compare(a.sequence, b.sequence);
  }

  void add(Stored message, @Nullable Instant due) {
    Entry entry = new Entry(message, sequence++);
    if (due == null) {
      enqueue(entry);
    } else {
      entry.due = due;
      waiting.add(entry);
    }
  }

  private void enqueue(Entry entry) {
    size++;
    if (entry.message.priority() == null) {
      ready.add(entry);
      return;
    }
    List<ArrayDeque<Entry>> levels = prioritised;
    if (levels == null) {
      levels = new ArrayList<>();
      for (int i = 0; i < PRIORITIES; i++) {
        levels.add(new ArrayDeque<>());
      }
      prioritised = levels;
    }
    levels.get(entry.priority()).add(entry);
  }

  /** When the next one that waits is due; null if none does. */
  @Nullable Instant nextDue() {
    Entry first = waiting.peek();
    return first == null ? null : first.due;
  }

  /** Moves what is due to the queue. */
  boolean wake(Instant now) {
    boolean any = false;
    for (Entry first = waiting.peek();
        first != null && !java.util.Objects.requireNonNull(first.due).isAfter(now);
        first = waiting.peek()) {
      waiting.poll();
      first.due = null;
      enqueue(first);
      any = true;
    }
    return any;
  }

  /** Hands out what can be handed out; returns how many. */
  int assign() {
    int assigned = 0;
    while (size > 0) {
      MemorySubscription next = free();
      if (next == null) {
        break;
      }
      Entry entry = keyOrder ? takeForKey(next) : take();
      if (entry == null) {
        break;
      }
      size--;
      inFlight++;
      MemorySubscription to = entry.holder == null ? next : entry.holder;
      entry.holder = to;
      to.assign(this, entry);
      assigned++;
    }
    return assigned;
  }

  /** The next subscription in turn that has room. */
  private @Nullable MemorySubscription free() {
    int count = subscriptions.size();
    if (random != null && count > 1) {
      turn = random.nextInt(count);
    }
    for (int i = 0; i < count; i++) {
      MemorySubscription candidate = subscriptions.get((turn + i) % count);
      if (candidate.hasRoom()) {
        turn = (turn + i + 1) % count;
        return candidate;
      }
    }
    return null;
  }

  private @Nullable Entry take() {
    Entry back = returned.peek();
    List<ArrayDeque<Entry>> levels = prioritised;
    if (levels != null) {
      for (int level = PRIORITIES - 1; level >= 0; level--) {
        if (back != null && back.priority() >= level) {
          break;
        }
        Entry entry = levels.get(level).poll();
        if (entry != null) {
          return entry;
        }
      }
    }
    return back != null ? returned.poll() : ready.poll();
  }

  /**
   * With order per key over all instances: whoever holds a message of the key gets the next one
   * too, and nobody else.
   */
  private @Nullable Entry takeForKey(MemorySubscription usual) {
    List<Iterable<Entry>> sources = new ArrayList<>();
    List<Entry> sorted = new ArrayList<>(returned);
    sorted.sort((a, b) -> Long.compare(a.sequence, b.sequence));
    sources.add(sorted);
    sources.add(ready);
    java.util.Set<ByteBuffer> passed = new java.util.HashSet<>();
    for (Iterable<Entry> source : sources) {
      for (Iterator<Entry> it = source.iterator(); it.hasNext(); ) {
        Entry entry = it.next();
        ByteBuffer key = entry.message.rawKey();
        KeyHolder holder = key == null ? null : keys.get(key);
        MemorySubscription to = holder == null ? usual : holder.by;
        if (key != null && (passed.contains(key) || !to.hasRoom())) {
          passed.add(key);
          continue;
        }
        if (source == ready) {
          it.remove();
        } else {
          returned.remove(entry);
        }
        entry.holder = to;
        if (key != null) {
          keys.computeIfAbsent(key, k -> new KeyHolder(to)).count++;
        }
        return entry;
      }
    }
    return null;
  }

  /** One that was handed out is done. */
  void settled(Entry entry) {
    inFlight--;
    freeKey(entry);
    entry.holder = null;
  }

  /** One that was handed out comes back to its old place. */
  void comeBack(Entry entry) {
    settled(entry);
    size++;
    returned.add(entry);
  }

  private void freeKey(Entry entry) {
    ByteBuffer key = entry.message.rawKey();
    KeyHolder holder = keyOrder && key != null ? keys.get(key) : null;
    if (holder != null && --holder.count == 0) {
      keys.remove(key);
    }
  }

  int waitingCount() {
    return size + waiting.size();
  }

  int inFlight() {
    return inFlight;
  }

  /** Everything that is not in flight, for assertions, in order. */
  List<Stored> contents() {
    List<Entry> all = new ArrayList<>(returned);
    all.addAll(ready);
    if (prioritised != null) {
      prioritised.forEach(all::addAll);
    }
    all.addAll(waiting);
    all.sort((a, b) -> Long.compare(a.sequence, b.sequence));
    return all.stream().map(entry -> entry.message).toList();
  }

  void clear() {
    ready.clear();
    returned.clear();
    waiting.clear();
    prioritised = null;
    size = 0;
  }
}
