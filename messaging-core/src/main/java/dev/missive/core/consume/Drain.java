package dev.missive.core.consume;

import dev.missive.DrainReport.Abandoned;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Ends a {@link Flow} so that nothing is lost (semantics S25). Guarded by the flow's lock. */
final class Drain {
  private static final Duration AFTER_INTERRUPT = Duration.ofMillis(300);
  private static final Duration LAST_WORD = Duration.ofMillis(300);

  private final Flow flow;
  private final FlowControl control;
  private final List<Abandoned> abandoned = new ArrayList<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private boolean begun;
  private boolean cut;
  private boolean silent;
  private boolean ended;

  Drain(Flow flow, FlowControl control) {
    this.flow = flow;
    this.control = control;
  }

  /** Whether no new run may start any more; the lock is held. */
  boolean begun() {
    return begun;
  }

  /** Whether no delivery comes any more; the lock is held. */
  boolean silent() {
    return silent;
  }

  /** Whether the sums are final; the lock is held. */
  boolean ended() {
    return ended;
  }

  /**
   * Drains; completes when everything is settled or given up, at most the timeout and a second
   * later. Called again it may end earlier, and no later.
   */
  CompletionStage<Void> stop(Duration timeout) {
    if (begin()) {
      drain();
    }
    Runnable uncut = flow.time.schedule(timeout, this::cut);
    stopped.whenComplete((nothing, error) -> uncut.run());
    return stopped;
  }

  private boolean begin() {
    flow.lock.lock();
    try {
      boolean first = !begun;
      begun = true;
      return first;
    } finally {
      flow.lock.unlock();
    }
  }

  private void drain() {
    List<Held> movable;
    List<Subscription> open;
    flow.lock.lock();
    try {
      movable = control.takeParked(held -> !held.holding && held.group() != null);
      open = control.subscriptions();
    } finally {
      flow.lock.unlock();
    }
    control.ready.completeExceptionally(RuntimeConsumer.neverReady());
    movable.forEach(flow.settlement::moveOut);
    CompletableFuture.allOf(
            open.stream()
                .map(s -> s.stop().toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .whenComplete((nothing, error) -> flow.settlement.later(this::giveBack));
  }

  /** No delivery comes any more: what has not started goes back, oldest first. */
  private void giveBack() {
    List<Held> unstarted;
    flow.lock.lock();
    try {
      silent = true;
      flow.lanes.remove(held -> true);
      control.takeParked(held -> true).forEach(held -> held.phase = Held.Phase.WAITING);
      unstarted = flow.held.select(held -> held.phase == Held.Phase.WAITING);
    } finally {
      flow.lock.unlock();
    }
    unstarted.forEach(flow.settlement::giveBack);
    flow.lock.lock();
    try {
      settledOne();
    } finally {
      flow.lock.unlock();
    }
  }

  /** Something was settled; the lock is held. */
  void settledOne() {
    if (begun && silent && !ended && flow.held.size() == 0) {
      ended = true;
      flow.settlement.later(this::close);
    }
  }

  private void cut() {
    flow.lock.lock();
    try {
      if (ended || cut) {
        return;
      }
      cut = true;
      for (Run run : flow.runs) {
        run.cut = true;
        Watchdog.interrupt(run);
      }
    } finally {
      flow.lock.unlock();
    }
    flow.time.schedule(AFTER_INTERRUPT, this::abandon);
  }

  private void abandon() {
    flow.lock.lock();
    try {
      if (ended) {
        return;
      }
      ended = true;
      flow.lanes.remove(held -> true);
      for (Held held : flow.held.select(held -> true)) {
        held.lost = true;
        Run run = held.run;
        if (held.phase == Held.Phase.RUNNING && run != null && !run.back) {
          run.claim();
          abandoned.add(abandoned(held, run));
          flow.settlement.end(held, Tally.End.ABANDONED);
        } else {
          flow.settlement.end(held, Tally.End.RETURNED);
        }
      }
    } finally {
      flow.lock.unlock();
    }
    flow.settlement.giveUpLostCopies();
    flow.settlement.later(this::close);
  }

  private static Abandoned abandoned(Held held, Run run) {
    Thread thread = run.thread;
    return new Abandoned(
        held.id(),
        held.topic(),
        thread == null ? "" : thread.getName(),
        thread == null ? List.of() : List.of(thread.getStackTrace()));
  }

  private void close() {
    List<Subscription> open;
    flow.lock.lock();
    try {
      open = control.subscriptions();
      flow.workers.close();
      flow.watchdog.close();
    } finally {
      flow.lock.unlock();
    }
    flow.time.schedule(LAST_WORD, () -> stopped.complete(null));
    CompletableFuture.allOf(
            open.stream()
                .map(s -> s.close().toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .whenComplete((nothing, error) -> stopped.complete(null));
    control.closed();
  }

  List<Abandoned> abandoned() {
    flow.lock.lock();
    try {
      return List.copyOf(abandoned);
    } finally {
      flow.lock.unlock();
    }
  }
}
