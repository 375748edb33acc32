package dev.missive.testkit.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The backlog of a group without order over its subscriptions. What came back is served before what
 * never left, in the old order; of both the highest priority first. Guarded by the server's lock.
 */
final class MemoryQueue implements MemoryBacklog {
  private static final int PRIORITIES = 10;

  private final ArrayDeque<MemoryEntry> ready = new ArrayDeque<>();
  private final PriorityQueue<MemoryEntry> returned = new PriorityQueue<>(MemoryEntry.RANK);
  private @Nullable List<ArrayDeque<MemoryEntry>> levels;

  @Override
  public void add(MemoryEntry entry) {
    if (entry.message.priority() == null) {
      ready.add(entry);
      return;
    }
    List<ArrayDeque<MemoryEntry>> all = levels;
    if (all == null) {
      all = new ArrayList<>();
      for (int i = 0; i < PRIORITIES; i++) {
        all.add(new ArrayDeque<>());
      }
      levels = all;
    }
    all.get(entry.priority()).add(entry);
  }

  @Override
  public @Nullable MemoryEntry take(MemorySubscription to) {
    MemoryEntry back = returned.peek();
    List<ArrayDeque<MemoryEntry>> all = levels;
    if (all != null) {
      for (int level = PRIORITIES - 1; level >= 0; level--) {
        if (back != null && back.priority() >= level) {
          break;
        }
        MemoryEntry entry = all.get(level).poll();
        if (entry != null) {
          return entry;
        }
      }
    }
    return back != null ? returned.poll() : ready.poll();
  }

  @Override
  public void done(MemoryEntry entry) {}

  @Override
  public void comeBack(MemoryEntry entry) {
    returned.add(entry);
  }

  @Override
  public Collection<MemoryEntry> clear() {
    Collection<MemoryEntry> all = contents();
    ready.clear();
    returned.clear();
    levels = null;
    return all;
  }

  @Override
  public Collection<MemoryEntry> contents() {
    List<MemoryEntry> all = new ArrayList<>(returned);
    all.addAll(ready);
    if (levels != null) {
      levels.forEach(all::addAll);
    }
    return all;
  }
}
