package dev.missive.testkit;

import dev.missive.Handler;
import dev.missive.ReceivedMessage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Handlers for tests.
 *
 * @since 0.1
 */
public final class FakeHandler {
  private FakeHandler() {}

  /**
   * Fails the first runs of each message.
   *
   * @param times how many
   * @return the handler
   */
  public static Handler failing(int times) {
    return message -> {
      if (message.attempt() <= times) {
        throw new IllegalStateException("run " + message.attempt() + " fails on purpose");
      }
    };
  }

  /**
   * Fails always.
   *
   * @return the handler
   */
  public static Handler failing() {
    return failing(Integer.MAX_VALUE);
  }

  /**
   * Waits until it is let go, or interrupted.
   *
   * @return the handler
   */
  public static Blocking blocking() {
    return new Blocking();
  }

  /** A handler that waits until it is let go. Thread-safe. */
  public static final class Blocking implements Handler {
    private final CountDownLatch gate = new CountDownLatch(1);
    private final CountDownLatch entered = new CountDownLatch(1);
    private final AtomicInteger inside = new AtomicInteger();
    private volatile boolean interrupted;

    private Blocking() {}

    @Override
    public void handle(ReceivedMessage message) throws InterruptedException {
      inside.incrementAndGet();
      entered.countDown();
      try {
        gate.await();
      } catch (InterruptedException e) {
        interrupted = true;
        throw e;
      } finally {
        inside.decrementAndGet();
      }
    }

    /** Waits until a message is inside. */
    public void awaitEntered() {
      Eventually.await("a message inside the handler", () -> entered.getCount() == 0);
    }

    /**
     * Lets all go, those that come later too. Returns once those inside run again: before that a
     * virtual clock would take them for threads that wait, and pass them by.
     */
    public void release() {
      gate.countDown();
      Eventually.await("those inside to run again", () -> inside.get() == 0);
    }

    /**
     * Whether a run was interrupted.
     *
     * @return true if so
     */
    public boolean interrupted() {
      return interrupted;
    }
  }
}
