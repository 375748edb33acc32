package dev.missive.testkit.memory;

import dev.missive.testkit.memory.MemoryMessages.Stored;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The log of one topic and the groups that read it. Guarded by the server's lock. */
final class MemoryTopic {
  private static final int REMEMBERED_IDS = 100_000;

  final Map<String, MemoryGroup> groups = new LinkedHashMap<>();
  final List<MemoryGroup> broadcasts = new ArrayList<>();
  private final MemoryQuota quota;
  private final ArrayDeque<Stored> tail = new ArrayDeque<>();
  private final LinkedHashMap<String, Seen> ids = new LinkedHashMap<>();
  private long nextOffset;

  /** When and where an id was stored. */
  private record Seen(Instant at, long offset) {}

  MemoryTopic(MemoryQuota quota) {
    this.quota = quota;
  }

  long nextOffset() {
    return nextOffset++;
  }

  /** Where this id was stored within the window; -1 if it was not. Changes nothing. */
  long seen(String id, Instant now, Duration window) {
    Seen before = ids.get(id);
    return before == null || !before.at.plus(window).isAfter(now) ? -1 : before.offset;
  }

  /** Remembers that this id is stored next. */
  void remember(String id, Instant now, Duration window) {
    Seen before = ids.putIfAbsent(id, new Seen(now, nextOffset));
    if (before != null) {
      ids.remove(id);
      ids.put(id, new Seen(now, nextOffset));
    }
    Iterator<Seen> oldest = ids.values().iterator();
    Seen first = oldest.next();
    if (ids.size() > REMEMBERED_IDS || !first.at.plus(window).isAfter(now)) {
      oldest.remove();
    }
  }

  /** Keeps a message for groups that start earlier. */
  void retain(Stored message, int limit) {
    if (limit > 0) {
      tail.add(message);
      quota.retain(message);
    }
    while (tail.size() > limit) {
      giveWay();
    }
  }

  /** Drops the oldest message that is kept for later groups; false if there is none. */
  boolean giveWay() {
    Stored oldest = tail.poll();
    if (oldest != null) {
      quota.drop(oldest);
    }
    return oldest != null;
  }

  /** It is deleted: nothing of it stays but what is in flight. */
  void discard() {
    groups.values().forEach(MemoryGroup::discard);
    broadcasts.forEach(MemoryGroup::discard);
    while (giveWay()) {}
  }

  /** What is kept from a time on. */
  List<Stored> from(Instant start) {
    return tail.stream()
        .filter(
            m -> m.timestamp() == null || !Objects.requireNonNull(m.timestamp()).isBefore(start))
        .toList();
  }

  /** What is kept from a position on; empty if the position is not there. */
  List<Stored> fromOffset(long offset) {
    List<Stored> all = tail.stream().filter(m -> m.offset >= offset).toList();
    return all.isEmpty() || all.get(0).offset != offset ? List.of() : all;
  }

  List<Stored> contents() {
    return List.copyOf(tail);
  }
}
