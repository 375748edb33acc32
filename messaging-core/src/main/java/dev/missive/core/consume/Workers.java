package dev.missive.core.consume;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that run handlers: as many as there is work for, at most {@code concurrency}. Guarded
 * by the lock of its {@link Flow}.
 *
 * <p>Intake wakes one thread for a whole run of deliveries; each thread that finds more work wakes
 * the next. So under load nobody is woken, and a burst still spreads over all threads.
 */
final class Workers {
  private final Flow flow;
  private final ReentrantLock lock;
  private final Condition work;
  private final ThreadFactory threads;
  private int total;
  private int idle;

  /** Threads that were started or woken and have not looked for work yet. */
  private int coming;

  /** A worker books its last run and takes the next right after: nobody need be woken. */
  private boolean booking;

  private boolean closed;

  Workers(Flow flow, ReentrantLock lock, ThreadFactory threads) {
    this.flow = flow;
    this.lock = lock;
    this.work = lock.newCondition();
    this.threads = threads;
  }

  /** Wakes one thread, or starts one, if there is something to take. */
  void wake() {
    if (closed || booking || coming > 0 || !flow.canTake()) {
      return;
    }
    if (idle > 0) {
      coming++;
      work.signal();
    } else if (total < flow.concurrency()) {
      coming++;
      total++;
      threads.newThread(this::loop).start();
    }
  }

  /** Lets every thread end once it has nothing to do. */
  void close() {
    closed = true;
    work.signalAll();
  }

  int total() {
    return total;
  }

  private void loop() {
    lock.lock();
    try {
      arrived();
      while (true) {
        Run run = next();
        if (run == null) {
          return;
        }
        wake();
        boolean over = false;
        lock.unlock();
        try {
          over = flow.run(run);
        } finally {
          lock.lock();
          // Whoever interrupted this run did it under the lock and while this thread was in it; the
          // next run starts without the flag.
          Thread.interrupted();
        }
        if (over) {
          booking = true;
          flow.over(run);
          booking = false;
        }
      }
    } finally {
      total--;
      lock.unlock();
    }
  }

  private @Nullable Run next() {
    while (true) {
      Run run = flow.take();
      if (run != null) {
        return run;
      }
      if (closed || total > flow.concurrency()) {
        return null;
      }
      idle++;
      work.awaitUninterruptibly();
      idle--;
      arrived();
    }
  }

  private void arrived() {
    // Not below zero: a wait may end by itself.
    coming = Math.max(0, coming - 1);
  }
}
