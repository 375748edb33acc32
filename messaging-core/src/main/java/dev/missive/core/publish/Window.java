package dev.missive.core.publish;

import dev.missive.spi.Time;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bounds how many messages and bytes are unacknowledged (semantics S8). Thread-safe; who waits is
 * served in order.
 *
 * <p>Count and bytes are packed into one long, so that a publish that need not wait costs one
 * compare-and-set. A message larger than the whole window passes when the window is empty.
 */
final class Window {
  private static final int BYTES_BITS = 40;
  private static final long BYTES_MASK = (1L << BYTES_BITS) - 1;

  private final int messages;
  private final long bytes;
  private final Time time;
  private final AtomicLong used = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  private volatile boolean waiting;

  Window(int messages, long bytes, Time time) {
    this.messages = messages;
    this.bytes = bytes;
    this.time = time;
  }

  boolean tryAcquire(int size) {
    return !waiting && take(size);
  }

  /** Waits for room; false if it did not come in time or the caller was interrupted. */
  boolean acquire(int size, long remainingNanos) {
    if (tryAcquire(size)) {
      return true;
    }
    Waiter waiter = new Waiter(Thread.currentThread(), size);
    lock.lock();
    try {
      waiting = true;
      waiters.add(waiter);
      serve();
    } finally {
      lock.unlock();
    }
    if (waiter.state == Waiter.WAITS && remainingNanos > 0) {
      Runnable cancel = time.schedule(Duration.ofNanos(remainingNanos), () -> leave(waiter));
      while (waiter.state == Waiter.WAITS) {
        LockSupport.park(this);
        if (Thread.currentThread().isInterrupted()) {
          break;
        }
      }
      cancel.run();
    }
    leave(waiter);
    return waiter.state == Waiter.SERVED;
  }

  void release(int size) {
    used.addAndGet(-pack(size));
    if (waiting) {
      lock.lock();
      try {
        serve();
      } finally {
        lock.unlock();
      }
    }
  }

  long inFlight() {
    return used.get() >>> BYTES_BITS;
  }

  long inFlightBytes() {
    return used.get() & BYTES_MASK;
  }

  private boolean take(int size) {
    while (true) {
      long now = used.get();
      long count = now >>> BYTES_BITS;
      if (count >= messages || count > 0 && (now & BYTES_MASK) + size > bytes) {
        return false;
      }
      if (used.compareAndSet(now, now + pack(size))) {
        return true;
      }
    }
  }

  private void serve() {
    Waiter first;
    while ((first = waiters.peek()) != null && take(first.size)) {
      waiters.poll();
      first.state = Waiter.SERVED;
      LockSupport.unpark(first.thread);
    }
    waiting = !waiters.isEmpty();
  }

  private void leave(Waiter waiter) {
    if (waiter.state != Waiter.WAITS) {
      return;
    }
    lock.lock();
    try {
      if (waiter.state == Waiter.WAITS) {
        waiters.remove(waiter);
        waiter.state = Waiter.LEFT;
        LockSupport.unpark(waiter.thread);
        serve();
      }
    } finally {
      lock.unlock();
    }
  }

  private static long pack(int size) {
    return (1L << BYTES_BITS) + size;
  }

  private static final class Waiter {
    static final int WAITS = 0;
    static final int SERVED = 1;
    static final int LEFT = 2;

    final Thread thread;
    final int size;
    volatile int state;

    Waiter(Thread thread, int size) {
      this.thread = thread;
      this.size = size;
    }
  }
}
