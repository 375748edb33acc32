package dev.missive.core;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Names the threads of one connection, {@code missive-<broker>-<client>-<role>-<n>}, and tells
 * which are for I/O.
 */
final class RuntimeThreads {
  private final String prefix;

  RuntimeThreads(String broker, String client) {
    this.prefix = "missive-" + broker + "-" + client + "-";
  }

  /** Threads on which a publish must not wait. */
  ThreadFactory io(String role) {
    AtomicInteger count = new AtomicInteger();
    return task -> new IoThread(task, name(role) + "-" + count.incrementAndGet());
  }

  /**
   * A thread that closes the connection because one of its own threads asked for it. The JVM waits
   * for it: what was handled has to be settled, and what was published stored.
   */
  Thread closing(Runnable task) {
    Thread made = new Thread(task, name("closing"));
    made.setDaemon(false);
    return made;
  }

  String name(String role) {
    return prefix + role;
  }

  /** Whether the caller is one of them. */
  static boolean onIoThread() {
    return Thread.currentThread() instanceof IoThread;
  }

  private static final class IoThread extends Thread {
    IoThread(Runnable task, String name) {
      super(task, name);
      setDaemon(true);
    }
  }
}
