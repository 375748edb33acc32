package dev.missive.core.publish;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.core.connect.Connection;
import dev.missive.spi.Broker.Traits;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way out, from the moment it is accepted until the broker has it or the
 * deadline has passed. It is its own {@link Sender.Result}, so that a publish costs one object. The
 * fields are guarded by the {@link Outbox}.
 */
public abstract class Outgoing implements Sender.Result {
  enum State {
    /** Waits for the link, or for its next try. */
    QUEUED,
    /** The adapter has it. */
    SENT,
    /** Complete; the adapter may still have it. */
    DONE
  }

  /**
   * RabbitMQ's nack may mean that other groups have stored it: every further resend is one more
   * duplicate (semantics, "broker refuses").
   */
  private static final int MAX_UNKNOWN_REFUSALS = 3;

  final Destination to;
  final Message message;
  final @Nullable Instant notBefore;
  final Set<Capability> needs;
  final long deadlineNanos;

  State state = State.QUEUED;
  boolean atAdapter;
  boolean maybeStored;
  boolean free;
  private short failures;

  /** How often the broker refused it and may have stored it all the same. */
  private short unknownRefusals;

  @Nullable PublishException lastFailure;
  @Nullable Sender sentOn;
  @Nullable Outgoing previous;
  @Nullable Outgoing next;
  @Nullable Outbox outbox;

  /**
   * Makes one.
   *
   * @param to where it goes
   * @param message what goes, as it is on the wire
   * @param notBefore when it may be delivered; null = at once
   * @param needs what the broker must be able to do
   * @param deadlineNanos on {@code Time.nanos()}; {@link Long#MAX_VALUE} = tried for ever, whatever
   *     the failure
   */
  protected Outgoing(
      Destination to,
      Message message,
      @Nullable Instant notBefore,
      Set<Capability> needs,
      long deadlineNanos) {
    this.to = to;
    this.message = message;
    this.notBefore = notBefore;
    this.needs = needs;
    this.deadlineNanos = deadlineNanos;
  }

  /**
   * The broker has it. Called once, on any thread, without locks; must return at once.
   *
   * @param partition where it was stored; negative if there is no position
   * @param offset its place there, negative likewise
   */
  protected abstract void done(int partition, long offset);

  /**
   * It will not be tried again. Called once instead of {@link #done}.
   *
   * @param failure why, and whether the broker may have it
   */
  protected abstract void gone(PublishException failure);

  /**
   * An attempt failed and there will be another.
   *
   * @param failure of that attempt
   */
  protected void trouble(PublishException failure) {}

  /**
   * {@return whether it is to be tried at all, or again} Any thread, under locks: a look at a flag.
   */
  protected boolean wanted() {
    return true;
  }

  /** The adapter does not hold it any more; called once, with or after the end. */
  protected void released() {}

  boolean forEver() {
    return deadlineNanos == Long.MAX_VALUE;
  }

  /** How many attempts have failed, as far as anybody wants to know. */
  int failures() {
    return failures;
  }

  /** Whether another attempt is allowed after those that were counted. */
  boolean mayBeSentAgain(PublishException failure) {
    return wanted()
        && (forEver() || failure.retryable() && unknownRefusals <= MAX_UNKNOWN_REFUSALS);
  }

  void countFailure(boolean unknownRefusal) {
    // Copies are tried for ever; the counts only have to be large then.
    if (failures < Short.MAX_VALUE) {
      failures++;
    }
    if (unknownRefusal && unknownRefusals < Short.MAX_VALUE) {
      unknownRefusals++;
    }
  }

  @Override
  public final void stored(int partition, long offset) {
    outbox().stored(this, partition, offset);
  }

  @Override
  public final void failed(PublishException failure) {
    outbox().failed(this, failure);
  }

  private Outbox outbox() {
    Outbox box = outbox;
    if (box == null) {
      throw new IllegalStateException("a result was reported for a message that was never sent");
    }
    return box;
  }

  /**
   * What the broker turned out to be unable to do, which nobody could know before the link stood.
   */
  @Nullable PublishException unable(Connection connection) {
    Traits traits = connection.traits();
    if (traits == null || needs.isEmpty()) {
      return null;
    }
    for (Capability capability : needs) {
      try {
        connection.check(traits, capability, "a message to " + message.topic());
      } catch (MessagingException e) {
        return new PublishException(
            e.code(), PublishException.Outcome.NOT_STORED, Failures.plain(e), null);
      }
    }
    return null;
  }

  /** The same failure, but with the outcome that counts over all attempts. */
  PublishException verdict(PublishException failure) {
    if (!maybeStored || failure.outcome() == PublishException.Outcome.UNKNOWN) {
      return failure;
    }
    return new PublishException(
        failure.code(),
        PublishException.Outcome.UNKNOWN,
        "an earlier attempt may have been stored, the last one failed: " + failure.getMessage(),
        failure);
  }

  PublishException failure(ErrorCode code, String text) {
    return new PublishException(
        code,
        maybeStored || atAdapter
            ? PublishException.Outcome.UNKNOWN
            : PublishException.Outcome.NOT_STORED,
        text,
        lastFailure);
  }
}
