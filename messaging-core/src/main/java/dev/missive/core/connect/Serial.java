package dev.missive.core.connect;

import dev.missive.spi.Time;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks one after another on one thread of its own, so that neither callers nor the broker
 * client's threads run them. Thread-safe.
 *
 * <p>The thread is started by the first task and woken only when it sleeps: under load tasks are
 * handed over without a wake-up each. What comes after the end starts it once more, since somebody
 * waits for each result.
 */
public final class Serial implements Executor, AutoCloseable {
  private static final Logger LOG = System.getLogger(Serial.class.getName());

  /** Letting others run before sleeping lets tasks gather: a wake-up each would cost more. */
  private static final int YIELDS = 20;

  private final ThreadFactory threads;
  private final Runnable unwatch;
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicLong submitted = new AtomicLong();
  private volatile long finished;
  private volatile boolean sleeping;
  private volatile boolean closed;
  private volatile @Nullable Thread thread;

  /**
   * Makes one.
   *
   * @param threads makes its thread
   * @param time told whether it is busy
   */
  public Serial(ThreadFactory threads, Time time) {
    this.threads = threads;
    this.unwatch = time.watch(this::activity);
  }

  @Override
  public void execute(Runnable task) {
    submitted.incrementAndGet();
    tasks.add(task);
    if (started.compareAndSet(false, true)) {
      Thread made = threads.newThread(this::work);
      thread = made;
      made.start();
    } else if (sleeping) {
      sleeping = false;
      LockSupport.unpark(thread);
    }
  }

  /** Ends the thread after the tasks that are there, and from then on whenever none is left. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    unwatch.run();
  }

  private void work() {
    thread = Thread.currentThread();
    int yields = 0;
    while (true) {
      Runnable task = tasks.poll();
      if (task != null) {
        yields = 0;
        run(task);
      } else if (closed) {
        started.set(false);
        // Whoever comes from now on starts another thread; who came before is seen here.
        if (tasks.isEmpty() || !started.compareAndSet(false, true)) {
          return;
        }
      } else if (yields < YIELDS) {
        yields++;
        Thread.yield();
      } else {
        yields = 0;
        sleeping = true;
        if (tasks.isEmpty() && !closed) {
          LockSupport.park(this);
        }
        sleeping = false;
      }
    }
  }

  private void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable t) {
      LOG.log(Level.ERROR, "a task of the runtime failed", t);
    } finally {
      // Written by one thread only.
      finished++;
    }
  }

  private long activity() {
    long done = finished;
    return submitted.get() == done ? done : -1;
  }
}
