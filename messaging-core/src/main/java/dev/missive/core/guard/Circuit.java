package dev.missive.core.guard;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One circuit: resilience4j's state machine, and what it leaves to its users. It knows neither who
 * got a permission nor when: a run that began before the circuit opened would close it, or let a
 * second trial in, and a trial that never ends would keep it half-open for ever.
 *
 * <p>Thread-safe; its lock is held for a few steps only, never while foreign code runs.
 */
final class Circuit {
  private static final Logger LOG = System.getLogger("dev.missive.guard");
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(1);

  /** The machine compares with "after", and its waits are whole milliseconds. */
  private static final Duration SURELY_PAST = Duration.ofMillis(1);

  /** Stands for every failure: exceptions of applications may hold what must not be logged. */
  private static final Throwable FAILURE =
      new RuntimeException("failed", null, false, false) {
        private static final long serialVersionUID = 1;
      };

  private final String name;
  private final CircuitPolicy policy;
  private final LongSupplier nanos;
  private final CircuitBreaker machine;
  private final ReentrantLock lock = new ReentrantLock();
  private State state = State.CLOSED;

  /** Grows with each change of state. */
  private long generation;

  private long openUntil;
  private @Nullable Permit trial;

  Circuit(String name, CircuitPolicy policy, LongSupplier nanos) {
    this.name = name;
    this.policy = policy;
    this.nanos = nanos;
    machine =
        CircuitBreaker.of(
            name,
            CircuitBreakerConfig.custom()
                .clock(new NanoClock(nanos))
                .failureRateThreshold(policy.failurePercent())
                .slidingWindowSize(policy.window())
                .minimumNumberOfCalls(policy.minimum())
                .waitDurationInOpenState(policy.openFor())
                .permittedNumberOfCallsInHalfOpenState(1)
                .build());
  }

  /** Asks to be let in. */
  Permit admit() {
    State before;
    State after;
    Permit permit;
    lock.lock();
    try {
      before = state;
      giveUpTrial();
      boolean admitted = machine.tryAcquirePermission();
      follow();
      after = state;
      permit = new Permit(generation, nanos.getAsLong(), admitted ? null : stayAway());
      if (admitted && after == State.HALF_OPEN) {
        trial = permit;
      }
    } finally {
      lock.unlock();
    }
    report(before, after);
    return permit;
  }

  /** A trial whose end nobody will ever hear of counts as failed; the lock is held. */
  private void giveUpTrial() {
    Permit out = trial;
    if (out != null && nanos.getAsLong() - out.since >= policy.trialAtMost().toNanos()) {
      out.ended = true;
      trial = null;
      machine.onError(0, TimeUnit.NANOSECONDS, FAILURE);
      follow();
    }
  }

  /** How long to stay away; the lock is held. */
  private Duration stayAway() {
    if (state == State.OPEN) {
      Duration rest = Duration.ofNanos(Math.max(0, openUntil - nanos.getAsLong()));
      return rest.plus(SURELY_PAST);
    }
    // Half-open: the trial may end any moment.
    return policy.openFor().compareTo(LONGEST_LOOK) < 0 ? policy.openFor() : LONGEST_LOOK;
  }

  /** The machine may have changed its state; the lock is held. */
  private void follow() {
    State now = machine.getState();
    if (now == state) {
      return;
    }
    state = now;
    generation++;
    trial = null;
    if (now == State.OPEN) {
      openUntil = nanos.getAsLong() + policy.openFor().toNanos();
    }
  }

  private void end(Permit permit, Result result) {
    State before;
    State after;
    lock.lock();
    try {
      before = state;
      // What began in an older state says nothing about this one.
      if (!permit.ended && permit.generation == generation) {
        // Without durations: slow runs are no failures.
        switch (result) {
          case SUCCESS -> machine.onSuccess(0, TimeUnit.NANOSECONDS);
          case FAILURE -> machine.onError(0, TimeUnit.NANOSECONDS, FAILURE);
          case NEITHER -> machine.releasePermission();
        }
        if (trial == permit) {
          trial = null;
        }
        follow();
      }
      permit.ended = true;
      after = state;
    } finally {
      lock.unlock();
    }
    report(before, after);
  }

  private void report(State before, State after) {
    if (before == after) {
      return;
    }
    if (after == State.OPEN) {
      LOG.log(
          before == State.CLOSED ? Level.WARNING : Level.DEBUG,
          "the circuit of {0} is open, the next trial is in {1}",
          name,
          policy.openFor());
    } else if (after == State.CLOSED) {
      LOG.log(Level.INFO, "the circuit of {0} is closed again", name);
    }
  }

  /** What became of what was admitted. */
  enum Result {
    SUCCESS,
    FAILURE,
    /** Says nothing; the permission is given back. */
    NEITHER
  }

  /** An answer to {@link #admit}; whoever was admitted ends it once. */
  final class Permit {
    /** How long to stay away, more than zero; null = admitted. */
    final @Nullable Duration refusedFor;

    private final long generation;
    private final long since;
    private boolean ended;

    private Permit(long generation, long since, @Nullable Duration refusedFor) {
      this.generation = generation;
      this.since = since;
      this.refusedFor = refusedFor;
    }

    /** Reports the end; of several only the first counts. */
    void end(Result result) {
      Circuit.this.end(this, result);
    }
  }
}
