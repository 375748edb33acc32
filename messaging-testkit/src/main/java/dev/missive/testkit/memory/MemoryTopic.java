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

  final String name;
  final Map<String, MemoryGroup> groups = new LinkedHashMap<>();
  final List<MemoryGroup> broadcasts = new ArrayList<>();
  private final ArrayDeque<Stored> retained = new ArrayDeque<>();
  private final LinkedHashMap<String, Instant> ids = new LinkedHashMap<>();
  private long nextOffset;

  MemoryTopic(String name) {
    this.name = name;
  }

  long nextOffset() {
    return nextOffset++;
  }

  /** Whether this id was stored within the window; remembers it. */
  boolean seen(String id, Instant now, Duration window) {
    if (window.isZero()) {
      return false;
    }
    Instant before = ids.putIfAbsent(id, now);
    if (before != null && before.plus(window).isAfter(now)) {
      return true;
    }
    if (before != null) {
      ids.put(id, now);
    }
    if (ids.size() > REMEMBERED_IDS) {
      Iterator<String> oldest = ids.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    return false;
  }

  /** Keeps a message for groups that start earlier. */
  void retain(Stored message, int limit) {
    retained.add(message);
    while (retained.size() > limit) {
      retained.poll();
    }
  }

  /** What is kept from a time on. */
  List<Stored> from(Instant start) {
    return retained.stream()
        .filter(
            m -> m.timestamp() == null || !Objects.requireNonNull(m.timestamp()).isBefore(start))
        .toList();
  }

  /** What is kept from a position on; empty if the position is not there. */
  List<Stored> fromOffset(long offset) {
    List<Stored> all = retained.stream().filter(m -> m.offset() >= offset).toList();
    return all.isEmpty() || all.get(0).offset() != offset ? List.of() : all;
  }

  List<Stored> contents() {
    return List.copyOf(retained);
  }
}
