package dev.missive.core.consume;

/**
 * Knows when a batch is taken although it is not full (semantics S27). Guarded by the lock of its
 * {@link Flow}.
 */
final class BatchTimer {
  private final Flow flow;
  private boolean due;
  private boolean armed;

  BatchTimer(Flow flow) {
    this.flow = flow;
  }

  boolean due() {
    return due;
  }

  /** A batch was taken; what is left waits for its own time. */
  void taken() {
    due = false;
    arm();
  }

  /** Begins to wait if there is something to wait for. */
  void arm() {
    if (flow.spec.batchSize() == 1 || armed || due || flow.lanes.available() == 0) {
      return;
    }
    armed = true;
    flow.time.schedule(flow.spec.batchWait(), this::fire);
  }

  private void fire() {
    flow.lock.lock();
    try {
      armed = false;
      due = flow.lanes.available() > 0;
      flow.workers.wake();
    } finally {
      flow.lock.unlock();
    }
  }
}
