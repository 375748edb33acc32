package dev.missive.rabbitmq;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One thread that does what it is handed, in that order. Everything that may wait for the broker
 * happens on one of these, never on a thread of the runtime or of the client. The thread starts
 * with the first thing to do. Thread-safe.
 */
final class Loop {
  private static final Logger LOG = System.getLogger("dev.missive.rabbitmq");

  /** One thing to do. */
  @FunctionalInterface
  interface Task {
    /**
     * Does it.
     *
     * @param next what the thread does next; null if nothing waits yet
     */
    void run(@Nullable Task next);
  }

  private final ConcurrentLinkedQueue<Task> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean started = new AtomicBoolean();
  private final Thread thread;
  private volatile boolean idle;
  private volatile boolean closing;
  private volatile boolean ended;

  Loop(ThreadFactory threads) {
    thread = threads.newThread(this::run);
  }

  /** Hands something over; false if the thread has ended, then it will not be done. */
  boolean submit(Task task) {
    tasks.add(task);
    if (!started.get() && started.compareAndSet(false, true)) {
      thread.start();
    } else if (idle) {
      LockSupport.unpark(thread);
    }
    return !ended || !tasks.remove(task);
  }

  /** Lets the thread end when everything handed over so far is done. */
  void close() {
    closing = true;
    if (started.compareAndSet(false, true)) {
      ended = true;
    }
    LockSupport.unpark(thread);
  }

  private void run() {
    while (true) {
      Task task = tasks.poll();
      if (task != null) {
        execute(task);
      } else if (closing) {
        ended = true;
        for (Task last = tasks.poll(); last != null; last = tasks.poll()) {
          execute(last);
        }
        return;
      } else {
        idle = true;
        if (tasks.isEmpty() && !closing) {
          LockSupport.park(this);
        }
        idle = false;
      }
    }
  }

  private void execute(Task task) {
    try {
      task.run(tasks.peek());
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a defect of the RabbitMQ adapter; it goes on", e);
    }
  }
}
