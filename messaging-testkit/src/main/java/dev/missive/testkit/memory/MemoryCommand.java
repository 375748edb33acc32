package dev.missive.testkit.memory;

import org.jspecify.annotations.Nullable;

/**
 * Something for the I/O thread of a connection to do. Linked by itself, so that handing it over
 * allocates nothing.
 */
abstract class MemoryCommand {
  @Nullable MemoryCommand nextCommand;

  /** On the I/O thread, with the server's lock. */
  abstract void execute();

  /** What {@link #execute} threw, which is a defect; {@link #report} tells whoever waits. */
  void broken(Throwable defect) {}

  /** On the I/O thread afterwards, without a lock: results and callbacks. */
  void report() {}

  static MemoryCommand of(Runnable task) {
    return new MemoryCommand() {
      @Override
      void execute() {
        task.run();
      }
    };
  }
}
