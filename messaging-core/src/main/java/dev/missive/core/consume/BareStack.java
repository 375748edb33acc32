package dev.missive.core.consume;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stack trace without the texts of its exceptions: classes and places only. {@link
 * Throwable#printStackTrace()} begins with the text, and repeats that of each cause.
 */
final class BareStack {
  private final StringBuilder out = new StringBuilder();
  private final Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  private BareStack() {}

  static String of(Throwable error) {
    BareStack made = new BareStack();
    made.add("", error, new StackTraceElement[0]);
    return made.out.toString();
  }

  private void add(String role, @Nullable Throwable error, StackTraceElement[] around) {
    if (error == null || !seen.add(error)) {
      return;
    }
    out.append(role).append(error.getClass().getName()).append('\n');
    StackTraceElement[] places = error.getStackTrace();
    int shared = shared(places, around);
    for (int i = 0; i < places.length - shared; i++) {
      out.append("\tat ").append(places[i]).append('\n');
    }
    if (shared > 0) {
      out.append("\t... ").append(shared).append(" more\n");
    }
    for (Throwable suppressed : error.getSuppressed()) {
      add("Suppressed: ", suppressed, places);
    }
    add("Caused by: ", error.getCause(), places);
  }

  /** How many of the outermost places two traces have in common; room is scarce. */
  private static int shared(StackTraceElement[] places, StackTraceElement[] around) {
    int count = 0;
    while (count < Math.min(places.length, around.length)
        && places[places.length - 1 - count].equals(around[around.length - 1 - count])) {
      count++;
    }
    return count;
  }
}
