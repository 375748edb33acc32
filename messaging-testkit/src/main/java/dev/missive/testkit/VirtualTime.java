package dev.missive.testkit;

import dev.missive.spi.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still until a test moves it. Thread-safe.
 *
 * <p>{@link #advance} fires what is due, in order, and after each task waits until everybody who
 * {@linkplain Time#watch watches} has nothing left to do, so that what follows from a task happens
 * at the instant it belongs to. A handler that waits for something else (a latch, a lock) counts as
 * having nothing to do.
 *
 * @since 0.1
 */
public final class VirtualTime implements Time {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  /** Who waits longer waits for ever. */
  private static final Duration EVER = Duration.ofDays(36_500);

  private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();
  private static final long PAUSE_NANOS = 50_000;
  private static final long PAUSE_BETWEEN_STEPS_NANOS = 1_000_000;
  private static final long SHORTEST_STEP_MILLIS = 5;
  private static final long STEPS = 2000;
  private static final int ROUNDS = 3;

  private final Object lock = new Object();
  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private final List<LongSupplier> watchers = new CopyOnWriteArrayList<>();
  private final AtomicLong sequence = new AtomicLong();
  private final AtomicLong immediate = new AtomicLong();
  private final AtomicLong immediateDone = new AtomicLong();
  private long nanos;
  private @Nullable Thread runner;
  private final List<Task> dueNow = new ArrayList<>();
  private final Duration patience;

  /** A clock that stands at 2030-01-01T00:00Z and whose waits have a patience of 30 s. */
  public VirtualTime() {
    this(Duration.ofSeconds(30));
  }

  /**
   * A clock that stands at 2030-01-01T00:00Z.
   *
   * @param patience how much real time {@link #await} gives, at the end of its virtual time, to
   *     threads that no clock knows
   */
  public VirtualTime(Duration patience) {
    this.patience = patience;
  }

  @Override
  public Instant now() {
    synchronized (lock) {
      return START.plusNanos(nanos);
    }
  }

  @Override
  public long nanos() {
    synchronized (lock) {
      return nanos;
    }
  }

  @Override
  public Runnable schedule(Duration after, Runnable work) {
    synchronized (lock) {
      long delay = after.isNegative() ? 0 : (after.compareTo(EVER) < 0 ? after : EVER).toNanos();
      Task task = new Task(Math.addExact(nanos, delay), sequence.incrementAndGet(), work);
      if (delay == 0) {
        runNow(task);
        return () -> task.cancelled = true;
      }
      tasks.add(task);
      return () -> {
        synchronized (lock) {
          task.cancelled = true;
          tasks.remove(task);
        }
      };
    }
  }

  @Override
  public Runnable watch(LongSupplier activity) {
    watchers.add(activity);
    return () -> watchers.remove(activity);
  }

  /**
   * Moves the clock, firing what becomes due on the way, and returns when nothing is left to do.
   *
   * @param by how far, not negative
   * @throws IllegalStateException if somebody is busy without end
   */
  public void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("time does not run backwards: " + by);
    }
    settle();
    long end;
    synchronized (lock) {
      end = Math.addExact(nanos, by.toNanos());
    }
    while (true) {
      Task task;
      synchronized (lock) {
        task = tasks.peek();
        if (task == null || task.due > end) {
          nanos = end;
          break;
        }
        tasks.poll();
        nanos = Math.max(nanos, task.due);
      }
      task.run();
      settle();
    }
    settle();
  }

  /**
   * Waits until nobody has anything to do at the present instant.
   *
   * @throws IllegalStateException if somebody is busy without end
   */
  public void settle() {
    long patience = System.nanoTime() + PATIENCE_NANOS;
    long[] before = null;
    int same = 0;
    while (same < ROUNDS) {
      long[] now = round();
      boolean idle = now != null;
      same = idle && before != null && Arrays.equals(before, now) ? same + 1 : 0;
      before = now;
      if (same < ROUNDS && System.nanoTime() - patience > 0) {
        throw new IllegalStateException(
            "the runtime is still busy after "
                + Duration.ofNanos(PATIENCE_NANOS)
                + " of real time; does a handler spin?");
      }
      if (same < ROUNDS) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  /**
   * Moves the clock in small steps until something is so.
   *
   * <p>It fails only when all of the virtual time has passed, nobody who watches has anything left
   * to do, and the patience of this clock is over as well. What did not happen then does not
   * happen: the failure is what was seen, not that a machine was slow.
   *
   * @param what named in the error
   * @param atMost of virtual time
   * @param condition asked again and again
   * @throws AssertionError if it does not come true
   */
  public void await(String what, Duration atMost, BooleanSupplier condition) {
    Instant end = now().plus(atMost);
    Duration step = Duration.ofMillis(Math.max(SHORTEST_STEP_MILLIS, atMost.toMillis() / STEPS));
    long over = Long.MAX_VALUE;
    while (!condition.getAsBoolean()) {
      if (now().isBefore(end)) {
        advance(step);
      } else {
        settle();
        over = over == Long.MAX_VALUE ? System.nanoTime() + patience.toNanos() : over;
      }
      if (over != Long.MAX_VALUE && System.nanoTime() - over > 0) {
        if (condition.getAsBoolean()) {
          return;
        }
        throw new AssertionError(
            "waited " + atMost.toMillis() + " ms of virtual time in vain for: " + what);
      }
      LockSupport.parkNanos(PAUSE_BETWEEN_STEPS_NANOS);
    }
  }

  /**
   * How many tasks wait for their time.
   *
   * @return zero or more
   */
  public int pending() {
    synchronized (lock) {
      return tasks.size();
    }
  }

  /** What everybody has done so far; null if anybody is busy. */
  private long @Nullable [] round() {
    List<Long> sums = new ArrayList<>();
    long done = immediateDone.get();
    if (immediate.get() != done) {
      return null;
    }
    sums.add(done);
    for (LongSupplier watcher : watchers) {
      long sum = watcher.getAsLong();
      if (sum < 0) {
        return null;
      }
      sums.add(sum);
    }
    return sums.stream().mapToLong(Long::longValue).toArray();
  }

  /** What is due at once is run by a thread of its own: whoever scheduled it may hold a lock. */
  private void runNow(Task task) {
    immediate.incrementAndGet();
    dueNow.add(task);
    if (runner == null) {
      Thread made = new Thread(this::drain, "missive-virtual-time");
      made.setDaemon(true);
      runner = made;
      made.start();
    }
  }

  private void drain() {
    while (true) {
      Task task;
      synchronized (lock) {
        if (dueNow.isEmpty()) {
          runner = null;
          return;
        }
        task = dueNow.remove(0);
      }
      try {
        task.run();
      } finally {
        immediateDone.incrementAndGet();
      }
    }
  }

  private static final class Task implements Comparable<Task> {
    final long due;
    final long number;
    private final Runnable work;
    volatile boolean cancelled;

    Task(long due, long number, Runnable work) {
      this.due = due;
      this.number = number;
      this.work = work;
    }

    void run() {
      if (!cancelled) {
        try {
          work.run();
        } catch (RuntimeException | Error e) {
          System.getLogger(VirtualTime.class.getName())
              .log(System.Logger.Level.ERROR, "a timer failed", e);
        }
      }
    }

    @Override
    public int compareTo(Task other) {
      return due != other.due ? Long.compare(due, other.due) : Long.compare(number, other.number);
    }
  }
}
