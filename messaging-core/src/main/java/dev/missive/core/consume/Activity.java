package dev.missive.core.consume;

import dev.missive.spi.Time;
import org.jspecify.annotations.Nullable;

/** Tells a clock that is moved by hand whether a {@link Flow} is at work. */
final class Activity {
  private Activity() {}

  /**
   * For {@link Time#watch}: busy while a worker has something to take, an outcome is being carried
   * out, or a handler is running and does not wait.
   */
  static long of(Flow flow) {
    flow.lock.lock();
    try {
      if (flow.canTake() || flow.deciding() > 0) {
        return -1;
      }
      for (Run run : flow.runs) {
        if (!run.left && !waits(run.thread)) {
          return -1;
        }
      }
      return flow.steps() + flow.tally.received;
    } finally {
      flow.lock.unlock();
    }
  }

  /**
   * Whether a handler waits for something; one that is just coming or going, or has been
   * interrupted and not noticed it yet, does not.
   */
  private static boolean waits(@Nullable Thread thread) {
    return thread != null
        && !thread.isInterrupted()
        && thread.getState() != Thread.State.RUNNABLE
        && thread.getState() != Thread.State.NEW;
  }
}
