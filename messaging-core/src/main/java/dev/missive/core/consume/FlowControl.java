package dev.missive.core.consume;

import dev.missive.DrainReport.Abandoned;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.core.connect.Await;
import dev.missive.spi.Broker;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Begins, pauses and ends a {@link Flow}. Guarded by the flow's lock. */
final class FlowControl {
  private static final Duration AFTER_INTERRUPT = Duration.ofMillis(400);
  private static final Duration LAST_WORD = Duration.ofMillis(400);

  private final Flow flow;
  private final List<Subscription> subscriptions = new ArrayList<>();
  private final List<Abandoned> abandoned = new ArrayList<>();
  final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private Runnable unwatch = () -> {};
  private @Nullable Broker broker;
  private Supplier<CompletionStage<Void>> redeclare = () -> CompletableFuture.completedFuture(null);
  private boolean redeclaring;
  @Nullable MessagingException failure;
  boolean paused;
  @Nullable String suspended;
  boolean stopping;
  private boolean silent;
  private boolean ended;
  boolean narrowed;

  FlowControl(Flow flow) {
    this.flow = flow;
  }

  /** Whether deliveries are run. */
  boolean accepting() {
    return !stopping && failure == null;
  }

  /** Whether no run may start for the time being. */
  boolean resting() {
    return paused || suspended != null;
  }

  /** Subscribes; the topology stands. */
  CompletionStage<Void> open(Broker with) {
    unwatch = flow.time.watch(flow::activity);
    follow(subscribe(with));
    return ready;
  }

  private Subscription subscribe(Broker with) {
    Subscription made = with.subscribe(flow.spec.subscription(flow.spec.maxInFlight()), flow);
    flow.lock.lock();
    try {
      broker = with;
      subscriptions.add(made);
      if (paused) {
        made.pause();
      }
    } finally {
      flow.lock.unlock();
    }
    return made;
  }

  private void follow(Subscription made) {
    made.ready()
        .whenComplete(
            (nothing, error) -> {
              if (error == null) {
                stands();
              } else {
                fail(Await.unwrap(error));
              }
            });
  }

  private void stands() {
    flow.lock.lock();
    try {
      redeclaring = false;
    } finally {
      flow.lock.unlock();
    }
    ready.complete(null);
  }

  /**
   * Opens the subscription again with a small window, because deliveries waited too long to be
   * started; the lock is held.
   */
  void narrow() {
    Broker with = broker;
    if (narrowed || with == null || !accepting()) {
      return;
    }
    narrowed = true;
    List<Subscription> wide = List.copyOf(subscriptions);
    flow.settlement.later(
        () -> {
          wide.forEach(Subscription::stop);
          Subscription small =
              with.subscribe(
                  flow.spec.subscription(Math.min(flow.concurrency(), flow.spec.maxInFlight())),
                  flow);
          flow.lock.lock();
          try {
            subscriptions.add(small);
            if (resting()) {
              small.pause();
            }
          } finally {
            flow.lock.unlock();
          }
        });
  }

  /**
   * What to do when the broker has lost the topology: declare it again, by the mode of the
   * settings.
   */
  void redeclareWith(Supplier<CompletionStage<Void>> declaring) {
    redeclare = declaring;
  }

  void fail(MessagingException error) {
    boolean again;
    flow.lock.lock();
    try {
      // Deleted while we were away, or under our feet. Once: if it is gone again at once, people
      // must look.
      again =
          error.code() == ErrorCode.TOPIC_MISSING && broker != null && accepting() && !redeclaring;
      redeclaring |= again;
      if (!again && failure == null && !stopping) {
        failure = error;
      }
    } finally {
      flow.lock.unlock();
    }
    if (again) {
      flow.settlement.later(this::declareAgain);
    } else {
      ready.completeExceptionally(error);
    }
  }

  private void declareAgain() {
    redeclare
        .get()
        .whenComplete(
            (nothing, error) -> {
              if (error == null) {
                flow.settlement.later(this::subscribeAgain);
              } else {
                fail(Await.unwrap(error));
              }
            });
  }

  private void subscribeAgain() {
    List<Subscription> dead;
    Broker with;
    flow.lock.lock();
    try {
      with = broker;
      if (with == null || !accepting()) {
        return;
      }
      dead = List.copyOf(subscriptions);
      subscriptions.clear();
    } finally {
      flow.lock.unlock();
    }
    dead.forEach(Subscription::close);
    follow(subscribe(with));
  }

  void pause() {
    List<Held> movable;
    flow.lock.lock();
    try {
      paused = true;
      subscriptions.forEach(Subscription::pause);
      movable = takeParked(held -> !held.holding);
      if (!flow.spec.longestHold().isZero()) {
        flow.lanes
            .remove(held -> true)
            .forEach(held -> flow.settlement.later(() -> flow.settlement.release(held)));
      }
    } finally {
      flow.lock.unlock();
    }
    movable.forEach(this::moveOut);
  }

  void resume() {
    flow.lock.lock();
    try {
      paused = false;
      if (suspended == null) {
        subscriptions.forEach(Subscription::resume);
      }
      flow.lastProgress = flow.time.nanos();
      flow.awaken();
    } finally {
      flow.lock.unlock();
    }
  }

  /** Takes in nothing for a while; the lock is held. */
  void suspend(Duration pause, String why) {
    if (suspended != null) {
      return;
    }
    suspended = why;
    subscriptions.forEach(Subscription::pause);
    flow.time.schedule(pause, this::unsuspend);
  }

  private void unsuspend() {
    flow.lock.lock();
    try {
      suspended = null;
      if (!paused && !stopping) {
        subscriptions.forEach(Subscription::resume);
      }
      flow.lastProgress = flow.time.nanos();
      flow.awaken();
    } finally {
      flow.lock.unlock();
    }
  }

  /** Forgets those whose epoch is over, as far as they have not started; the lock is held. */
  void drop(Predicate<Held> which) {
    for (Held held : flow.lanes.remove(which)) {
      flow.settlement.end(held, Tally.End.RETURNED);
    }
    for (Held held : takeParked(which)) {
      flow.settlement.end(held, Tally.End.RETURNED);
    }
  }

  /** A delivery that came when none was wanted any more; the lock is held. */
  void returnLate(Held held) {
    if (!stopping || silent) {
      flow.settlement.later(() -> flow.settlement.release(held));
    }
  }

  // ---- stop

  /**
   * Drains; completes when everything is settled or given up, at most the timeout and a second
   * later.
   */
  CompletionStage<Void> stop(Duration timeout) {
    List<Held> movable;
    List<Subscription> open;
    flow.lock.lock();
    try {
      if (stopping) {
        return stopped;
      }
      stopping = true;
      movable = takeParked(held -> !held.holding && held.group() != null);
      open = List.copyOf(subscriptions);
    } finally {
      flow.lock.unlock();
    }
    ready.completeExceptionally(
        new MessagingException(ErrorCode.CLOSED, "the consumer was stopped before it was ready"));
    movable.forEach(this::moveOut);
    flow.time.schedule(timeout, this::cut);
    CompletableFuture.allOf(
            open.stream()
                .map(s -> s.stop().toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .whenComplete((nothing, error) -> flow.settlement.later(this::silent));
    return stopped;
  }

  /** No delivery comes any more: what has not started goes back, oldest first. */
  private void silent() {
    List<Held> unstarted;
    flow.lock.lock();
    try {
      silent = true;
      flow.lanes.remove(held -> true);
      takeParked(held -> true).forEach(held -> held.phase = Held.Phase.WAITING);
      unstarted = flow.held.select(held -> held.phase == Held.Phase.WAITING);
    } finally {
      flow.lock.unlock();
    }
    unstarted.forEach(flow.settlement::release);
    flow.lock.lock();
    try {
      settledOne();
    } finally {
      flow.lock.unlock();
    }
  }

  /** Something was settled; the lock is held. */
  void settledOne() {
    if (stopping && silent && !ended && flow.held.size() == 0) {
      ended = true;
      flow.settlement.later(this::close);
    }
  }

  private void cut() {
    flow.lock.lock();
    try {
      if (ended) {
        return;
      }
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
      open = List.copyOf(subscriptions);
      flow.workers.close();
    } finally {
      flow.lock.unlock();
    }
    flow.time.schedule(LAST_WORD, () -> stopped.complete(null));
    CompletableFuture.allOf(
            open.stream()
                .map(s -> s.close().toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .whenComplete((nothing, error) -> stopped.complete(null));
    unwatch.run();
  }

  List<Abandoned> abandoned() {
    flow.lock.lock();
    try {
      return List.copyOf(abandoned);
    } finally {
      flow.lock.unlock();
    }
  }

  /** Whether the caller is one of this flow's handlers. */
  boolean isHandler(Thread thread) {
    flow.lock.lock();
    try {
      return flow.runs.stream().anyMatch(run -> run.thread == thread);
    } finally {
      flow.lock.unlock();
    }
  }

  /** Ends the waits in process of those that match; the lock is held. */
  List<Held> takeParked(Predicate<Held> which) {
    List<Held> parked =
        flow.held.select(held -> held.phase == Held.Phase.PARKED && which.test(held));
    for (Held held : parked) {
      flow.settlement.unpark(held);
      // Not parked any more, so that its timer finds nothing to do.
      held.phase = Held.Phase.COPYING;
    }
    return parked;
  }

  /** A wait in process goes on at the broker (semantics, "On stop, pause"). */
  private void moveOut(Held held) {
    flow.settlement.moveOut(held);
  }
}
