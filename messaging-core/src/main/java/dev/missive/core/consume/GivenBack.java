package dev.missive.core.consume;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the failed runs of messages that went back to the broker in the middle of their
 * attempts, because it lets nobody hold a delivery any longer and a copy would lose their place in
 * the order; their next delivery goes on from there (docs/adr/0003). Guarded by the lock of its
 * {@link Flow}.
 */
final class GivenBack {
  private static final int REMEMBERED = 10_000;

  /**
   * What is known of one.
   *
   * @param attempt which run comes next
   * @param due when the next may begin; null = at once
   */
  private record Note(int attempt, @Nullable Instant due) {}

  private final Map<String, Note> notes = new LinkedHashMap<>();

  void add(Held held) {
    notes.put(held.id(), new Note(held.attempt(), held.due));
    if (notes.size() > REMEMBERED) {
      notes.remove(notes.keySet().iterator().next());
    }
  }

  /** Tells a new delivery what is known of its message, which is forgotten by that. */
  void recall(Held held) {
    Note note = notes.isEmpty() ? null : notes.remove(held.id());
    if (note != null) {
      held.goOnFrom(note.attempt());
      held.due = note.due();
    }
  }
}
