package dev.missive.core.consume;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.core.connect.Await;
import dev.missive.spi.Broker;
import dev.missive.spi.Subscription;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Begins and pauses a {@link Flow}; {@link Drain} ends it. Guarded by the flow's lock. */
final class FlowControl {
  private static final Logger LOG = System.getLogger("dev.missive.consumer");

  private final Flow flow;
  private final List<Subscription> subscriptions = new ArrayList<>();
  final CompletableFuture<Void> ready = new CompletableFuture<>();
  private Runnable unwatch = () -> {};
  private Runnable cancelUnsuspend = () -> {};
  private @Nullable Broker broker;
  private Supplier<CompletionStage<Void>> redeclare = () -> CompletableFuture.completedFuture(null);

  /** What the broker had lost, while it is declared again. */
  private @Nullable MessagingException missing;

  /** For people, once the broker has lost the topology; null while it never has. */
  @Nullable String loss;

  @Nullable MessagingException failure;
  boolean paused;

  /** When what it is told to do, or stands, changed last; null before it was opened. */
  @Nullable Instant since;

  @Nullable String suspended;
  boolean narrowed;

  FlowControl(Flow flow) {
    this.flow = flow;
  }

  /** Whether deliveries are run. */
  boolean accepting() {
    return !flow.drain.begun() && failure == null;
  }

  /** Whether no run may start for the time being. */
  boolean resting() {
    return paused || suspended != null;
  }

  /**
   * Whether what has not started goes back at once, since the broker lets nobody hold it for ever;
   * also what was on its way when the application paused.
   */
  boolean yields() {
    return paused && !flow.spec.longestHold().isZero();
  }

  /** Subscribes; the topology stands. */
  CompletionStage<Void> open(Broker with) {
    unwatch = flow.time.watch(() -> Activity.of(flow));
    flow.lock.lock();
    try {
      broker = with;
      since = since == null ? flow.time.now() : since;
    } finally {
      flow.lock.unlock();
    }
    subscribe(with);
    return ready;
  }

  /** Subscribes, unless the flow has stopped or failed when that is done: then nobody takes. */
  private void subscribe(Broker with) {
    Subscription made;
    try {
      made = with.subscribe(flow.spec.subscription(window()), flow);
    } catch (RuntimeException | Error e) {
      // Else the consumer would be said to run, and nothing would ever come.
      fail(Await.unwrap(e));
      return;
    }
    boolean late;
    flow.lock.lock();
    try {
      late = !accepting();
      if (!late) {
        subscriptions.add(made);
        if (resting()) {
          made.pause();
        }
      }
    } finally {
      flow.lock.unlock();
    }
    if (late) {
      made.close();
    }
    follow(made);
  }

  private int window() {
    int widest = flow.spec.maxInFlight();
    flow.lock.lock();
    try {
      return narrowed ? Math.min(flow.concurrency(), widest) : widest;
    } finally {
      flow.lock.unlock();
    }
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
    String lost;
    flow.lock.lock();
    try {
      // Before it has stood for the first time there was nothing to lose.
      if (!ready.isDone()) {
        since = flow.time.now();
      }
      lost = missing == null || !ready.isDone() ? null : lost(missing);
      loss = lost == null ? loss : lost;
      missing = null;
    } finally {
      flow.lock.unlock();
    }
    if (lost != null) {
      LOG.log(Level.WARNING, lost);
    }
    ready.complete(null);
  }

  private String lost(MessagingException why) {
    return flow.spec.name()
        + " was missing at the broker and stands again since "
        + flow.time.now()
        + "; messages that waited there, or came meanwhile, may be lost: "
        + why.getMessage();
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
          subscribe(with);
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
          error.code() == ErrorCode.TOPIC_MISSING
              && broker != null
              && accepting()
              && missing == null;
      missing = again ? error : missing;
      if (!again && failure == null && !flow.drain.begun()) {
        failure = error;
        since = flow.time.now();
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

  /**
   * Declares again because a copy found nowhere to go: its dead letters, for instance, were deleted
   * and the rest was not. The copy is tried again in any case.
   */
  void declareForCopy() {
    redeclare
        .get()
        .whenComplete(
            (nothing, error) -> {
              if (error != null) {
                LOG.log(
                    Level.DEBUG, () -> flow.spec.name() + " could not be declared again", error);
              }
            });
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
    subscribe(with);
  }

  void pause() {
    List<Held> movable;
    flow.lock.lock();
    try {
      paused = true;
      since = flow.time.now();
      subscriptions.forEach(Subscription::pause);
      // A broadcast has no group to wait in.
      movable = takeParked(held -> !held.holding && held.group() != null);
      if (yields()) {
        flow.lanes
            .remove(held -> true)
            .forEach(held -> flow.settlement.later(() -> flow.settlement.giveBack(held)));
      }
    } finally {
      flow.lock.unlock();
    }
    movable.forEach(flow.settlement::moveOut);
  }

  void resume() {
    flow.lock.lock();
    try {
      paused = false;
      since = flow.time.now();
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
    since = flow.time.now();
    subscriptions.forEach(Subscription::pause);
    cancelUnsuspend = flow.time.schedule(Waits.bounded(pause), this::unsuspend);
  }

  private void unsuspend() {
    flow.lock.lock();
    try {
      suspended = null;
      since = flow.time.now();
      if (!paused && !flow.drain.begun()) {
        subscriptions.forEach(Subscription::resume);
      }
      flow.lastProgress = flow.time.nanos();
      flow.awaken();
    } finally {
      flow.lock.unlock();
    }
  }

  /**
   * The broker has taken these back: forgets those that have not started, and marks the others, so
   * that nothing but the end of their run happens to them; the lock is held.
   */
  void drop(Predicate<Held> which) {
    flow.held.select(which).forEach(held -> held.lost = true);
    for (Held held : flow.lanes.remove(which)) {
      flow.settlement.end(held, Tally.End.RETURNED);
    }
    for (Held held : takeParked(which)) {
      flow.settlement.end(held, Tally.End.RETURNED);
    }
  }

  /** A delivery that came when none was wanted any more; the lock is held. */
  void returnLate(Held held) {
    if (!flow.drain.begun() || flow.drain.silent()) {
      flow.settlement.later(() -> flow.settlement.release(held));
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
      flow.parking.unpark(held);
      // Not parked any more, so that its timer finds nothing to do.
      held.phase = Held.Phase.COPYING;
    }
    return parked;
  }

  /** What is subscribed to, also by an earlier window that is being emptied; the lock is held. */
  List<Subscription> subscriptions() {
    return List.copyOf(subscriptions);
  }

  /** The last word of a flow that has ended. */
  void closed() {
    unwatch.run();
    cancelUnsuspend.run();
  }
}
