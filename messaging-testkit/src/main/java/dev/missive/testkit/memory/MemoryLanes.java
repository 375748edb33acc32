package dev.missive.testkit.memory;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The backlog of a group with order per key over all its subscriptions: whoever holds a message of
 * a key gets the next one of it too, and nobody else. What nobody holds is in one sorted set, what
 * a subscription alone may get in a set of its own, so that taking never looks at a message it
 * cannot hand out. Guarded by the server's lock.
 */
final class MemoryLanes implements MemoryBacklog {
  private final Map<ByteBuffer, Lane> lanes = new HashMap<>();
  private final Lane keyless = new Lane();
  private final TreeSet<Lane> free = new TreeSet<>(Lane.BY_FIRST);
  private final Map<MemorySubscription, TreeSet<Lane>> held = new HashMap<>();

  /** The waiting messages of one key. Only one that has some is in a set. */
  private static final class Lane {
    static final Comparator<Lane> BY_FIRST =
        (a, b) -> MemoryEntry.RANK.compare(a.entries.element(), b.entries.element());

    final PriorityQueue<MemoryEntry> entries = new PriorityQueue<>(MemoryEntry.RANK);
    @Nullable MemorySubscription holder;
    int taken;
  }

  @Override
  public void add(MemoryEntry entry) {
    Lane lane = lane(entry);
    MemoryEntry first = lane.entries.peek();
    if (first != null && MemoryEntry.RANK.compare(first, entry) < 0) {
      lane.entries.add(entry);
      return;
    }
    lift(lane);
    lane.entries.add(entry);
    place(lane);
  }

  @Override
  public @Nullable MemoryEntry take(MemorySubscription to) {
    Lane lane = free.isEmpty() ? null : free.first();
    TreeSet<Lane> own = held.get(to);
    if (own != null && (lane == null || Lane.BY_FIRST.compare(own.first(), lane) < 0)) {
      lane = own.first();
    }
    if (lane == null) {
      return null;
    }
    lift(lane);
    MemoryEntry entry = lane.entries.remove();
    if (lane != keyless) {
      lane.holder = to;
      lane.taken++;
    }
    place(lane);
    return entry;
  }

  @Override
  public void done(MemoryEntry entry) {
    Lane lane = lane(entry);
    if (lane == keyless || --lane.taken > 0) {
      return;
    }
    lift(lane);
    lane.holder = null;
    place(lane);
    if (lane.entries.isEmpty()) {
      lanes.remove(entry.message.rawKey());
    }
  }

  @Override
  public void comeBack(MemoryEntry entry) {
    add(entry);
    done(entry);
  }

  @Override
  public Collection<MemoryEntry> clear() {
    Collection<MemoryEntry> all = contents();
    free.clear();
    held.clear();
    keyless.entries.clear();
    lanes.values().forEach(lane -> lane.entries.clear());
    lanes.values().removeIf(lane -> lane.taken == 0);
    return all;
  }

  @Override
  public Collection<MemoryEntry> contents() {
    List<MemoryEntry> all = new ArrayList<>(keyless.entries);
    lanes.values().forEach(lane -> all.addAll(lane.entries));
    return all;
  }

  private Lane lane(MemoryEntry entry) {
    ByteBuffer key = entry.message.rawKey();
    return key == null ? keyless : lanes.computeIfAbsent(key, k -> new Lane());
  }

  /** Takes a lane out of its set: its first message or its holder is about to change. */
  private void lift(Lane lane) {
    if (lane.entries.isEmpty()) {
      return;
    }
    MemorySubscription holder = lane.holder;
    if (holder == null) {
      free.remove(lane);
      return;
    }
    TreeSet<Lane> own = held.get(holder);
    if (own != null && own.remove(lane) && own.isEmpty()) {
      held.remove(holder);
    }
  }

  private void place(Lane lane) {
    if (lane.entries.isEmpty()) {
      return;
    }
    MemorySubscription holder = lane.holder;
    if (holder == null) {
      free.add(lane);
    } else {
      held.computeIfAbsent(holder, h -> new TreeSet<>(Lane.BY_FIRST)).add(lane);
    }
  }
}
