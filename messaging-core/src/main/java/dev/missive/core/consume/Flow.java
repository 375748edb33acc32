package dev.missive.core.consume;

import dev.missive.DeadLetters.Reason;
import dev.missive.MessagingException;
import dev.missive.Outcome;
import dev.missive.core.connect.Connection;
import dev.missive.core.publish.CurrentMessage;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Time;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The life of a message on its way in, in one place and in this order: intake; expired or early;
 * key lane; interceptors, decode, handler ({@link Target}); outcome; copy if needed, then ack
 * ({@link Settlement}).
 *
 * <p>One flow is one subscription. Its lock guards everything in it and is never held while foreign
 * code runs. What begins and ends a flow is in {@link FlowControl} and {@link Drain}, what
 * interferes because of the time is in {@link Watchdog}.
 */
final class Flow implements DeliveryListener {
  /** How many that follow each other are taken in together. */
  private static final int AT_ONCE = 32;

  final FlowSpec spec;
  final Connection connection;
  final Time time;
  final Target target;
  final ReentrantLock lock = new ReentrantLock();
  final Lanes lanes = new Lanes();
  final HeldList held = new HeldList();
  final Tally tally = new Tally();
  final List<Run> runs = new ArrayList<>();
  final FinishedIds finished = new FinishedIds();
  final Workers workers;
  final Settlement settlement;
  final Parking parking;
  final Watchdog watchdog;
  final FlowControl control;
  final Drain drain;
  final FlowHealth health;
  final Leaving leaving;
  private final BatchTimer batches;

  /** Delivered, and others follow at once; only the thread that delivers knows. */
  private final List<Held> arriving = new ArrayList<>(AT_ONCE);

  private int concurrency;
  private long steps;

  /** Handlers that are back and whose outcome is being carried out. */
  private int deciding;

  long lastProgress;

  Flow(FlowSpec spec, int concurrency, ConsumerWiring wiring, Target target) {
    this.spec = spec;
    this.concurrency = concurrency;
    this.connection = wiring.connection();
    this.time = wiring.time();
    this.target = target;
    this.lastProgress = time.nanos();
    this.workers = new Workers(this, lock, wiring.threads());
    this.settlement = new Settlement(this, wiring.outbox(), wiring.copies());
    this.parking = new Parking(this);
    this.watchdog = new Watchdog(this);
    this.control = new FlowControl(this);
    this.drain = new Drain(this, control);
    this.batches = new BatchTimer(this);
    this.health = new FlowHealth(this, control);
    this.leaving = new Leaving(this);
  }

  // ---- intake

  @Override
  public void delivered(Delivery delivery, boolean more) {
    try {
      arriving.add(new Held(delivery, spec.group(), time.nanos()));
    } finally {
      if (!more || arriving.size() >= AT_ONCE) {
        takeIn();
      }
    }
  }

  /** The lock is taken once for several, or workers and the adapter would wait for each other. */
  private void takeIn() {
    lock.lock();
    try {
      for (Held message : arriving) {
        takeIn(message);
      }
      awaken();
    } finally {
      arriving.clear();
      lock.unlock();
    }
  }

  private void takeIn(Held message) {
    if (drain.ended()) {
      // Nobody counts any more.
      settlement.later(() -> settlement.letGo(message));
      return;
    }
    tally.received++;
    if (held.size() == 0) {
      lastProgress = message.receivedNanos;
    }
    held.add(message);
    if (!control.accepting()) {
      control.returnLate(message);
    } else if (message.notBefore() != null && message.notBefore().isAfter(time.now())) {
      parking.early(message);
    } else if (parking.again(message)) {
      // It waits here as it did before it was taken away.
    } else if (control.yields()) {
      settlement.later(() -> settlement.giveBack(message));
    } else {
      lanes.add(message);
      watchdog.arrived(message);
    }
  }

  @Override
  public void revoking(Object epoch) {
    lock.lock();
    try {
      leaving.begin(epoch);
      steps++;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void revoked(Object epoch) {
    lock.lock();
    try {
      leaving.over(epoch);
      control.drop(message -> message.delivery.epoch() == epoch);
      steps++;
    } finally {
      lock.unlock();
    }
    settlement.giveUpLostCopies();
  }

  @Override
  public void failed(MessagingException fatal) {
    control.fail(fatal);
  }

  // ---- taking: called by the workers, who hold the lock

  boolean canTake() {
    if (!control.accepting()
        || control.resting()
        || runs.size() >= concurrency
        || lanes.available() == 0) {
      return false;
    }
    return spec.batchSize() == 1 || batches.due() || lanes.available() >= spec.batchSize();
  }

  @Nullable Run take() {
    while (canTake()) {
      List<Held> messages = spec.batchSize() == 1 ? one() : lanes.takeBatch(spec.batchSize());
      batches.taken();
      messages = watchdog.fresh(messages);
      if (messages.isEmpty()) {
        continue;
      }
      Run run = new Run(messages, time.nanos());
      for (Held message : messages) {
        message.phase = Held.Phase.RUNNING;
        message.run = run;
        message.decided = false;
      }
      // Set here and not when it begins, so that it is never seen without a thread.
      run.thread = Thread.currentThread();
      run.slot = runs.size();
      runs.add(run);
      tally.runs += messages.size();
      watchdog.started(run);
      return run;
    }
    return null;
  }

  private List<Held> one() {
    Held message = lanes.take();
    return message == null ? List.of() : List.of(message);
  }

  /**
   * Wakes a worker, or sets the time at which a batch is taken although it is not full; the lock is
   * held.
   */
  void awaken() {
    batches.arm();
    workers.wake();
  }

  // ---- running: without the lock

  /**
   * Runs it.
   *
   * @return whether it is over and the worker has to book that ({@link #over}), which it does under
   *     the lock that it takes for its next run anyway
   */
  boolean run(Run run) {
    boolean over = false;
    try {
      if (run.items.size() == 1 && spec.batchSize() == 1) {
        over = runOne(run, run.items.get(0));
      } else {
        BatchRun.of(this, run);
      }
    } catch (Throwable t) {
      // A stage of somebody else's may throw when it is listened to.
      Verdict failed = Verdict.of(null, t, spec.policy());
      finish(run, Collections.nCopies(run.items.size(), failed));
    } finally {
      CurrentMessage.set(null);
    }
    return over;
  }

  private boolean runOne(Run run, Held message) {
    Verdict early = withoutHandler(message);
    if (early != null) {
      finish(run, List.of(early));
      return false;
    }
    CurrentMessage.set(message);
    CompletionStage<Outcome> stage = target.handle(message);
    if (stage == Pipeline.ACKED) {
      run.thread = null;
      run.acked = run.claim() ? settlement.ack(message) : null;
      return true;
    }
    stage.whenComplete(
        (outcome, error) -> finish(run, List.of(Verdict.of(outcome, error, spec.policy()))));
    left(run);
    return false;
  }

  /** The thread goes on; an asynchronous handler may not have finished. */
  static void left(Run run) {
    // First the flag: if it has finished meanwhile nobody looks at either.
    run.left = true;
    run.thread = null;
  }

  /** What becomes of a message that no handler gets to see; null for the usual ones. */
  @Nullable Verdict withoutHandler(Held message) {
    MessagingException malformed = message.malformed();
    if (malformed != null) {
      return new Verdict.Dead(Reason.UNDECODABLE, null, malformed);
    }
    Instant expires = message.expiresAt();
    if (expires != null && !expires.isAfter(time.now())) {
      lock.lock();
      try {
        tally.expired++;
        tally.runs--;
      } finally {
        lock.unlock();
      }
      return spec.deadLetterExpired()
          ? new Verdict.Dead(Reason.EXPIRED, "expired at " + expires, null)
          : Verdict.Drop.INSTANCE;
    }
    return finished.any() && finishedBefore(message) ? Verdict.Ack.INSTANCE : null;
  }

  private boolean finishedBefore(Held message) {
    lock.lock();
    try {
      boolean known = finished.take(message.id());
      tally.runs -= known ? 1 : 0;
      return known;
    } finally {
      lock.unlock();
    }
  }

  // ---- outcome

  /** Books the usual end of a run: acknowledged, on the worker's own thread; the lock is held. */
  void over(Run run) {
    back(run, true);
    if (run.acked != null) {
      settlement.acked(run.items.get(0), run.acked, Tally.End.ACKED);
    }
  }

  /**
   * The handler is back, on any thread: gives its place back, then settles by the outcomes. Only
   * the first call counts.
   */
  void finish(Run run, List<Verdict> verdicts) {
    boolean worker = run.thread == Thread.currentThread();
    run.left = false;
    run.thread = null;
    boolean mine = run.claim();
    lock.lock();
    try {
      if (run.back) {
        return;
      }
      deciding++;
      back(run, worker);
    } finally {
      lock.unlock();
      if (worker) {
        Thread.interrupted();
      }
    }
    try {
      for (int i = 0; mine && i < run.items.size(); i++) {
        Verdict verdict = verdicts.get(i);
        settlement.settle(run.items.get(i), run.cut ? Verdict.cut(verdict) : verdict);
      }
    } finally {
      lock.lock();
      deciding--;
      lock.unlock();
    }
  }

  /**
   * Gives the place in {@code concurrency} back, and opens the keys of what is decided; the lock is
   * held.
   */
  private void back(Run run, boolean worker) {
    run.back = true;
    int last = runs.size() - 1;
    Run moved = runs.get(last);
    runs.set(run.slot, moved);
    moved.slot = run.slot;
    runs.remove(last);
    lastProgress = time.nanos();
    steps++;
    for (Held message : run.items) {
      settlement.handlerBack(message, run);
    }
    if (!worker) {
      awaken();
    }
  }

  // ---- for the others

  int concurrency() {
    return concurrency;
  }

  void concurrency(int handlers) {
    lock.lock();
    try {
      concurrency = handlers;
      awaken();
    } finally {
      lock.unlock();
    }
  }

  /** Something happened that a clock moved by hand has to notice; the lock is held. */
  void step() {
    steps++;
  }

  long steps() {
    return steps;
  }

  int deciding() {
    return deciding;
  }
}
