package dev.missive.testkit.memory;

import dev.missive.testkit.memory.MemoryMessages.Stored;
import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** One message in one group. Guarded by the server's lock. */
final class MemoryEntry {
  /** The order in which entries are handed out: the highest priority first, then the oldest. */
  static final Comparator<MemoryEntry> RANK =
      (a, b) ->
          a.priority() != b.priority()
              ? b.priority() - a.priority()
              : Long.compare(a.sequence, b.sequence);

  final Stored message;

  /** Its place in the group, given when it can be handed out. */
  long sequence;

  /** Until when it waits; null once it can be handed out. */
  @Nullable Instant due;

  MemoryEntry(Stored message, long sequence) {
    this.message = message;
    this.sequence = sequence;
  }

  int priority() {
    Integer priority = message.priority();
    return priority == null ? 0 : priority;
  }
}
