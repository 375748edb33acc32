package dev.missive.core.consume;

import dev.missive.spi.Delivery;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call of the handler: with one message, or with a batch. */
final class Run {
  private static final int OPEN = 0;
  private static final int CLAIMED = 1;
  private static final VarHandle CLAIM;

  static {
    try {
      CLAIM = MethodHandles.lookup().findVarHandle(Run.class, "claim", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final List<Held> items;
  final long startedNanos;

  /**
   * The thread inside the handler; null before and after, and while an asynchronous handler works
   * elsewhere.
   */
  volatile @Nullable Thread thread;

  /** No thread is in it any more, and its asynchronous handler has not finished. */
  volatile boolean left;

  /** The handler has returned and its result was taken, or it is too late for that. */
  boolean back;

  /** Interrupted because of its time; the result does not count. */
  boolean overdue;

  /** Interrupted by stop: if it fails, that is no failed run. */
  volatile boolean cut;

  /** What acknowledging its message answered; null if it was not acknowledged by its worker. */
  Delivery.@Nullable Settled acked;

  int slot;
  private volatile int claim = OPEN;

  Run(List<Held> items, long startedNanos) {
    this.items = items;
    this.startedNanos = startedNanos;
  }

  /**
   * Whoever is first decides what becomes of the messages: the handler's return, its timeout, or
   * stop.
   */
  boolean claim() {
    return CLAIM.compareAndSet(this, OPEN, CLAIMED);
  }
}
