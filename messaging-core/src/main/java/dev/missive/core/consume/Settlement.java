package dev.missive.core.consume;

import dev.missive.DeadLetters.Reason;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.core.publish.Outbox;
import dev.missive.spi.Delivery.Settled;
import dev.missive.spi.Destination;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Turns verdicts into what the broker sees: ack, release, a wait in process, or a stored copy and
 * then the ack (semantics, "One mechanism"). Methods take the lock of the {@link Flow} themselves
 * unless they say that it is held.
 */
final class Settlement {
  private static final Logger LOG = System.getLogger("dev.missive.consumer");

  private final Flow flow;
  private final FlowSpec spec;
  private final Outbox outbox;
  private final Copies copies;
  private @Nullable String trouble;
  private @Nullable Instant troubleSince;

  Settlement(Flow flow, Outbox outbox, Copies copies) {
    this.flow = flow;
    this.spec = flow.spec;
    this.outbox = outbox;
    this.copies = copies;
  }

  /** Dead letters cannot be written, or can again (null); the lock is held. */
  void trouble(@Nullable String why) {
    if (why == null) {
      troubleSince = null;
    } else if (trouble == null) {
      troubleSince = flow.time.now();
    }
    trouble = why;
  }

  /** Why dead letters cannot be written; null if they can. The lock is held. */
  @Nullable String trouble() {
    return trouble;
  }

  /** Since when they cannot; null if they can. The lock is held. */
  @Nullable Instant troubleSince() {
    return troubleSince;
  }

  /**
   * Settles one message by its verdict; null = give it back. What cannot be carried out goes back
   * too: another delivery decides anew.
   */
  void settle(Held held, @Nullable Verdict verdict) {
    try {
      carryOut(held, verdict);
    } catch (Throwable t) {
      release(held);
      defect("the outcome of a run could not be carried out and is decided anew", held, t);
    }
  }

  private void carryOut(Held held, @Nullable Verdict verdict) {
    if (verdict == null) {
      release(held);
    } else if (verdict instanceof Verdict.Failed failed) {
      failed(held, failed);
    } else if (verdict instanceof Verdict.Dead dead) {
      dead(held, dead, dead.reason() == Reason.EXPIRED ? held.attempt() - 1 : held.attempt());
    } else if (verdict instanceof Verdict.Pause pause) {
      pause(held, pause);
    } else {
      acknowledge(held, verdict == Verdict.Drop.INSTANCE ? Tally.End.DROPPED : Tally.End.ACKED);
    }
  }

  private void acknowledge(Held held, Tally.End end) {
    Settled settled = ack(held);
    flow.lock.lock();
    try {
      acked(held, settled, end);
    } finally {
      flow.lock.unlock();
    }
  }

  /** Acknowledges. If the adapter fails the broker gives it to somebody: not known to be done. */
  Settled ack(Held held) {
    try {
      return held.delivery.ack();
    } catch (Throwable t) {
      defect("the adapter failed to acknowledge", held, t);
      return Settled.STALE;
    }
  }

  /** Books an acknowledgement; the lock is held. */
  void acked(Held held, Settled settled, Tally.End end) {
    if (settled == Settled.STALE) {
      // The broker will deliver it once more; it need not run once more.
      flow.finished.add(held.id());
      end(held, Tally.End.RETURNED);
    } else {
      end(held, end);
    }
  }

  void release(Held held) {
    letGo(held);
    flow.lock.lock();
    try {
      end(held, Tally.End.RETURNED);
    } finally {
      flow.lock.unlock();
    }
  }

  /** Gives back without booking it. */
  void letGo(Held held) {
    try {
      held.delivery.release();
    } catch (Throwable t) {
      defect("the adapter failed to give back", held, t);
    }
  }

  private void defect(String what, Held held, Throwable error) {
    LOG.log(Level.ERROR, what + ": message " + held.id() + " of " + spec.name(), error);
  }

  /**
   * Gives back what has not started. Where runs of it have failed in process a copy goes instead,
   * since not every broker keeps their number with what is released; where order holds, that would
   * let its successors overtake it, so that they are remembered here.
   */
  void giveBack(Held held) {
    if (held.failedRuns == 0) {
      release(held);
    } else if (staysHere()) {
      // Booked first: its next delivery must know of it, and find its key free.
      flow.lock.lock();
      try {
        flow.parking.remember(held);
        end(held, Tally.End.RETURNED);
      } finally {
        flow.lock.unlock();
      }
      letGo(held);
    } else {
      moveOut(held);
    }
  }

  /**
   * Whether it waits for its retries here and nowhere else: for its order, or for want of a group.
   */
  private boolean staysHere() {
    return spec.ordered() || spec.group() == null;
  }

  private void failed(Held held, Verdict.Failed failed) {
    int attempt = held.attempt();
    int max = held.ownMaxAttempts() > 0 ? held.ownMaxAttempts() : spec.policy().maxAttempts();
    if (attempt >= max) {
      dead(
          held,
          new Verdict.Dead(
              Reason.ATTEMPTS_EXHAUSTED,
              failed.error() == null ? "the handler asked for a retry" : null,
              failed.error()),
          attempt);
      return;
    }
    Duration wait =
        failed.after() == null
            ? Waits.jittered(spec.policy().backoff(attempt))
            : Waits.bounded(failed.after());
    boolean holding = staysHere();
    boolean copy;
    flow.lock.lock();
    try {
      flow.tally.failedRuns++;
      boolean staying = flow.control.accepting() && !flow.leaving.contains(held);
      if (held.lost || holding && !staying) {
        later(() -> release(held));
        return;
      }
      copy = !holding && (!staying || flow.control.resting() || !fits(held, wait));
      if (!copy) {
        held.failedRuns++;
        flow.parking.park(held, wait, holding);
      }
    } finally {
      flow.lock.unlock();
    }
    if (copy) {
      Instant due = wait.isZero() ? null : flow.time.now().plus(wait);
      copy(held, group(), Copies.retry(held.raw, attempt + 1), due, Tally.End.RETRIED);
    } else {
      held.delivery.failedRuns(held.failedRuns);
    }
  }

  /**
   * Whether an unordered retry may wait here. A handler that has not returned keeps the message's
   * key, so that one goes to the broker.
   */
  private boolean fits(Held held, Duration wait) {
    return wait.compareTo(spec.waitInProcess()) <= 0
        && flow.tally.parked < spec.parkingPlaces()
        && (held.run == null || held.run.back);
  }

  /** The handler of this message has returned; the lock is held. */
  void handlerBack(Held held, Run run) {
    if (held.run != run) {
      return;
    }
    if (held.decided) {
      open(held);
    }
    flow.parking.handlerBack(held);
  }

  private void pause(Held held, Verdict.Pause pause) {
    boolean back;
    flow.lock.lock();
    try {
      back = held.lost || !flow.control.accepting() || flow.leaving.contains(held);
      if (!back) {
        held.phase = Held.Phase.WAITING;
        flow.lanes.resume(held);
        flow.watchdog.arrived(held);
        flow.control.suspend(pause.pause(), pause.why());
      }
    } finally {
      flow.lock.unlock();
    }
    if (back) {
      release(held);
    }
  }

  private void dead(Held held, Verdict.Dead dead, int failedRuns) {
    if (dead.error() != null || dead.reason() == Reason.ATTEMPTS_EXHAUSTED) {
      flow.lock.lock();
      flow.tally.failedRuns++;
      flow.lock.unlock();
    }
    if (spec.group() == null) {
      LOG.log(
          Level.WARNING,
          "message {0} of broadcast {1} is given up ({2}, {3}): broadcasts have no dead letters",
          held.id(),
          spec.topic(),
          dead.reason().text(),
          dead.error() == null ? "no error" : dead.error().getClass().getName());
      acknowledge(held, Tally.End.DROPPED);
      return;
    }
    Message letter =
        copies.deadLetter(held, spec.topic(), spec.group(), dead, failedRuns, flow.time.now());
    copy(
        held,
        new Destination.DeadLetters(spec.topic(), spec.group()),
        letter,
        null,
        Tally.End.DEAD_LETTERED);
  }

  /** Sends a message that came before its time back to its group; its attempts stay. */
  void postpone(Held held, Instant due) {
    copy(held, group(), Copies.retry(held.raw, held.attempt()), due, Tally.End.RETRIED);
  }

  /**
   * Lets a message that waited in process, and is not parked any more, wait at the broker for the
   * rest of its time.
   */
  void moveOut(Held held) {
    Instant due = held.due;
    copy(
        held,
        group(),
        Copies.retry(held.raw, held.attempt()),
        due == null || !due.isAfter(flow.time.now()) ? null : due,
        Tally.End.RETRIED);
  }

  private Destination group() {
    if (spec.group() == null) {
      throw new MessagingException(
          ErrorCode.INTERNAL, "a subscription without a group has nowhere to send a copy");
    }
    return new Destination.Group(spec.topic(), spec.group());
  }

  private void copy(
      Held held, Destination to, Message message, @Nullable Instant notBefore, Tally.End end) {
    boolean lost;
    flow.lock.lock();
    try {
      lost = held.lost;
      held.phase = Held.Phase.COPYING;
    } finally {
      flow.lock.unlock();
    }
    if (lost) {
      release(held);
      return;
    }
    outbox.send(
        new Copy(
            this,
            flow,
            held,
            to,
            message,
            notBefore == null ? null : notBefore.truncatedTo(ChronoUnit.MILLIS).plusMillis(1),
            end));
  }

  /** Ends copies that are not at the broker yet and whose deliveries were taken back. */
  void giveUpLostCopies() {
    later(outbox::giveUpUnwanted);
  }

  /** Runs something that must not run under the lock. */
  void later(Runnable task) {
    flow.connection.later(task);
  }

  /** Books the end of a delivery; the lock is held. */
  void end(Held held, Tally.End end) {
    if (held.phase == Held.Phase.SETTLED) {
      return;
    }
    held.phase = Held.Phase.SETTLED;
    flow.held.remove(held);
    flow.tally.count(end);
    flow.step();
    decided(held);
    flow.drain.settledOne();
  }

  /**
   * The outcome of its run is done: its key opens, once the handler has returned. The lock is held.
   */
  void decided(Held held) {
    held.decided = true;
    if (held.run == null || held.run.back) {
      open(held);
    }
  }

  private void open(Held held) {
    held.run = null;
    flow.lanes.free(held);
    flow.awaken();
  }
}
