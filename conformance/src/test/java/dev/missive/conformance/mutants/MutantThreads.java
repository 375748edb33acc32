package dev.missive.conformance.mutants;

import java.util.concurrent.atomic.AtomicLong;

/** What mutants do on threads of their own. */
final class MutantThreads {
  private static final AtomicLong BEGUN = new AtomicLong();
  private static final AtomicLong DONE = new AtomicLong();

  private MutantThreads() {}

  /** Runs something short, for which a clock that is moved by hand waits. */
  static void run(Runnable task) {
    BEGUN.incrementAndGet();
    waiting(
        () -> {
          try {
            task.run();
          } finally {
            DONE.incrementAndGet();
          }
        });
  }

  /** Runs something that may wait for the test. */
  static void waiting(Runnable task) {
    Thread thread = new Thread(task, "missive-mutant");
    thread.setDaemon(true);
    thread.start();
  }

  /** For {@link dev.missive.testkit.VirtualTime#watch}. */
  static long activity() {
    long done = DONE.get();
    return BEGUN.get() == done ? done : -1;
  }
}
