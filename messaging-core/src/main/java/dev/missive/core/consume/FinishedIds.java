package dev.missive.core.consume;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Remembers the last messages that were handled but whose acknowledgement was lost with the
 * connection, so that their redelivery is settled without running them again. Guarded by the lock
 * of its {@link Flow}.
 */
final class FinishedIds {
  private static final int REMEMBERED = 10_000;

  private final Set<String> ids = new LinkedHashSet<>();

  private volatile boolean any;

  /** Whether it is worth asking; may be asked without the lock. */
  boolean any() {
    return any;
  }

  void add(String id) {
    any = true;
    ids.add(id);
    if (ids.size() > REMEMBERED) {
      ids.remove(ids.iterator().next());
    }
  }

  /** Whether it was handled; it is forgotten by that. */
  boolean take(String id) {
    boolean known = ids.remove(id);
    any = !ids.isEmpty();
    return known;
  }
}
