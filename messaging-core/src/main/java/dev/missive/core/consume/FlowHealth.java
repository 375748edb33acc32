package dev.missive.core.consume;

import dev.missive.ConnectionState;
import dev.missive.ConsumerState;
import dev.missive.MessagingException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Knows how a {@link Flow} is, and why (semantics S33). Reads under the flow's lock; changes
 * nothing.
 */
final class FlowHealth {
  private static final int NAMED_KEYS = 5;

  private final Flow flow;
  private final FlowControl control;

  FlowHealth(Flow flow, FlowControl control) {
    this.flow = flow;
    this.control = control;
  }

  /**
   * How it is, with the reason and, if a handler is to blame, its stack.
   *
   * @param since when it began; null if only whoever looks can say
   */
  record Condition(
      ConsumerState state, String reason, List<StackTraceElement> stack, @Nullable Instant since) {
    static Condition of(ConsumerState state, String reason, @Nullable Instant since) {
      return new Condition(state, reason, List.of(), since);
    }

    /** Whichever people should look at first. It runs only since all of it does. */
    Condition orWorse(Condition other) {
      int worse = severity(other.state) - severity(state);
      boolean later =
          state == ConsumerState.RUNNING
              && since != null
              && other.since != null
              && other.since.isAfter(since);
      return worse > 0 || worse == 0 && later ? other : this;
    }

    private static int severity(ConsumerState state) {
      return switch (state) {
        case NEW, STOPPED -> 0;
        case RUNNING -> 1;
        case STARTING -> 2;
        case PAUSED -> 3;
        case STALLED -> 4;
        case STOPPING -> 5;
        case FAILED -> 6;
      };
    }
  }

  Condition condition() {
    ConnectionState link = flow.connection.state();
    flow.lock.lock();
    try {
      MessagingException failed = control.failure;
      if (failed != null) {
        return Condition.of(
            ConsumerState.FAILED, String.valueOf(failed.getMessage()), control.since);
      }
      if (flow.drain.begun()) {
        return Condition.of(
            ConsumerState.STOPPING,
            "draining " + flow.held.size() + " deliveries of " + flow.spec.name(),
            null);
      }
      Condition stalled = stalled(link);
      if (stalled != null) {
        return stalled;
      }
      if (control.paused) {
        return Condition.of(ConsumerState.PAUSED, "paused by the application", control.since);
      }
      if (control.suspended != null) {
        return Condition.of(
            ConsumerState.PAUSED, "paused by a handler: " + control.suspended, control.since);
      }
      boolean stands = control.ready.isDone() && !control.ready.isCompletedExceptionally();
      return stands
          ? Condition.of(ConsumerState.RUNNING, "running", control.since)
          : Condition.of(
              ConsumerState.STARTING,
              "waiting for the subscription to " + flow.spec.name(),
              control.since);
    } finally {
      flow.lock.unlock();
    }
  }

  private @Nullable Condition stalled(ConnectionState link) {
    Condition deaf = deaf();
    if (deaf != null) {
      return deaf;
    }
    String trouble = flow.settlement.trouble();
    if (trouble != null) {
      return Condition.of(ConsumerState.STALLED, trouble, flow.settlement.troubleSince());
    }
    boolean copying = flow.held.first(held -> held.phase == Held.Phase.COPYING) != null;
    if (copying && link == ConnectionState.BLOCKED) {
      return Condition.of(
          ConsumerState.STALLED,
          "BLOCKED: the broker takes no messages, and copies of "
              + flow.spec.name()
              + " wait to be stored",
          null);
    }
    if (flow.spec.ordered()
        && flow.tally.parked > 0
        && flow.held.size() >= flow.spec.maxInFlight()
        && flow.runs.isEmpty()
        && flow.lanes.available() == 0) {
      return Condition.of(
          ConsumerState.STALLED,
          "the window of " + flow.spec.name() + " is full of keys that wait for a retry: " + keys(),
          null);
    }
    return unfinished();
  }

  /** A handler that goes on after its time. */
  private @Nullable Condition deaf() {
    for (Run run : flow.runs) {
      if (run.overdue) {
        Thread thread = run.thread;
        return new Condition(
            ConsumerState.STALLED,
            "the handler of message "
                + run.items.get(0).id()
                + " of "
                + flow.spec.name()
                + " ignores its interrupt",
            thread == null ? List.of() : List.of(thread.getStackTrace()),
            ago(flow.time.nanos() - run.startedNanos - flow.spec.maxHandlingTime().toNanos()));
      }
    }
    return null;
  }

  /** Whether messages wait and no handler has finished for long. */
  private @Nullable Condition unfinished() {
    Held waiting = flow.held.first(held -> held.phase == Held.Phase.WAITING);
    // What waits at the broker cannot be seen, but with room in the window it would be here.
    boolean full = flow.held.size() >= flow.spec.maxInFlight();
    boolean wanted =
        flow.runs.isEmpty()
            ? !control.resting() && flow.lanes.available() > 0
            : waiting != null || full;
    long now = flow.time.nanos();
    long idle = now - flow.lastProgress;
    if (waiting != null && !full) {
      idle = Math.min(idle, now - waiting.receivedNanos);
    }
    if (!wanted || idle < flow.spec.stallAfter().toNanos()) {
      return null;
    }
    Thread thread = flow.runs.isEmpty() ? null : flow.runs.get(0).thread;
    return new Condition(
        ConsumerState.STALLED,
        "no handler of "
            + flow.spec.name()
            + " has finished for "
            + Duration.ofNanos(idle).toSeconds()
            + " s while messages wait",
        thread == null ? List.of() : List.of(thread.getStackTrace()),
        ago(idle - flow.spec.stallAfter().toNanos()));
  }

  private Instant ago(long nanos) {
    return flow.time.now().minusNanos(nanos);
  }

  private String keys() {
    List<String> names = new ArrayList<>();
    for (ByteBuffer key : flow.lanes.keys(NAMED_KEYS)) {
      names.add(Copies.bounded(StandardCharsets.UTF_8.decode(key.duplicate()).toString(), 64));
    }
    return String.join(", ", names);
  }

  /** What needs attention although everything works. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    flow.lock.lock();
    try {
      if (control.narrowed) {
        warnings.add(
            "deliveries of "
                + flow.spec.name()
                + " waited too long to be started; the window was lowered to "
                + flow.concurrency());
      }
      if (control.loss != null) {
        warnings.add(control.loss);
      }
    } finally {
      flow.lock.unlock();
    }
    return warnings;
  }
}
