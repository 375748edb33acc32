package dev.missive.core.publish;

import dev.missive.spi.Time;
import java.time.Duration;

/** One timer for the deadlines of all messages. Guarded by the {@link Outbox}. */
final class Deadlines {
  private static final long NONE = Long.MAX_VALUE;

  private final Time time;
  private final Runnable reached;
  private long armedFor = NONE;
  private Runnable cancel = () -> {};

  /**
   * Makes one that waits for nothing.
   *
   * @param reached called when the earliest deadline has passed, on the clock's thread
   */
  Deadlines(Time time, Runnable reached) {
    this.time = time;
    this.reached = reached;
  }

  /** Looks out for one more; {@link Long#MAX_VALUE} never comes. */
  void arm(long deadline) {
    if (deadline != NONE && (armedFor == NONE || deadline - armedFor < 0)) {
      cancel.run();
      armedFor = deadline;
      cancel = time.schedule(Duration.ofNanos(Math.max(0, deadline - time.nanos())), reached);
    }
  }

  /** The earliest one that is left, now that those that have passed are gone. */
  void next(long deadline) {
    armedFor = NONE;
    arm(deadline);
  }
}
