package dev.missive.testkit.memory;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Commands on their way to an I/O thread: a stack that callers push to without a lock, and that is
 * taken as a whole. Thread-safe.
 */
final class MemoryInbox {
  private final AtomicReference<@Nullable MemoryCommand> newest = new AtomicReference<>();

  /** One more; true if it is the first. */
  boolean push(MemoryCommand command) {
    MemoryCommand top;
    do {
      top = newest.get();
      command.nextCommand = top;
    } while (!newest.compareAndSet(top, command));
    return top == null;
  }

  boolean isEmpty() {
    return newest.get() == null;
  }

  /** Everything, in the order it came, linked by {@code nextCommand}; null if there is nothing. */
  @Nullable MemoryCommand take() {
    if (isEmpty()) {
      return null;
    }
    MemoryCommand ordered = null;
    for (MemoryCommand command = newest.getAndSet(null); command != null; ) {
      MemoryCommand next = command.nextCommand;
      command.nextCommand = ordered;
      ordered = command;
      command = next;
    }
    return ordered;
  }
}
