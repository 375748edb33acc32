package dev.missive.core.consume;

import dev.missive.DeadLetters.Reason;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.Outcome;
import dev.missive.PauseException;
import dev.missive.RetryPolicy;
import dev.missive.core.connect.Await;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What follows from one run of one message. */
sealed interface Verdict {
  /** Acknowledge. */
  enum Ack implements Verdict {
    INSTANCE
  }

  /** Acknowledge and count as dropped. */
  enum Drop implements Verdict {
    INSTANCE
  }

  /**
   * A failed run.
   *
   * @param error why; null if the handler only said so
   * @param after its own wait; null = the policy's
   */
  record Failed(@Nullable Throwable error, @Nullable Duration after) implements Verdict {}

  /**
   * Dead-letter at once.
   *
   * @param reason why
   * @param text the reason in words; null if the error says it
   * @param error the error; null if there was none
   */
  record Dead(Reason reason, @Nullable String text, @Nullable Throwable error) implements Verdict {}

  /**
   * Take in nothing for a while, then run it again.
   *
   * @param pause how long
   * @param why for people
   */
  record Pause(Duration pause, String why) implements Verdict {}

  /** Of the outcome or the error of a handler. */
  static Verdict of(@Nullable Outcome outcome, @Nullable Throwable error, RetryPolicy policy) {
    if (error != null) {
      try {
        return ofError(Await.cause(error), policy);
      } catch (Throwable t) {
        // An exception is the application's code too, and its methods may fail.
        return new Failed(error, null);
      }
    }
    if (outcome == null) {
      return new Failed(
          new MessagingException(
              ErrorCode.CONFIG_INVALID,
              "the handler, or an interceptor around it, gave null instead of an outcome. Return"
                  + " one"),
          null);
    }
    if (outcome instanceof Outcome.Ack) {
      return Ack.INSTANCE;
    }
    if (outcome instanceof Outcome.Drop) {
      return Drop.INSTANCE;
    }
    if (outcome instanceof Outcome.RetryAfter later) {
      return new Failed(null, later.delay());
    }
    if (outcome instanceof Outcome.DeadLetter dead) {
      return new Dead(Reason.REJECTED, dead.reason(), null);
    }
    return new Failed(null, null);
  }

  /**
   * What follows if stop interrupted the run: one that failed then is no failed run, the message
   * goes back (semantics S16); null says so.
   */
  static @Nullable Verdict cut(Verdict verdict) {
    return verdict instanceof Failed || verdict instanceof Dead dead && dead.error() != null
        ? null
        : verdict;
  }

  private static Verdict ofError(Throwable error, RetryPolicy policy) {
    if (error instanceof PauseException pause) {
      return new Pause(
          Objects.requireNonNull(pause.pause(), "the pause"), String.valueOf(pause.getMessage()));
    }
    if (error instanceof MessagingException ours && ours.code() == ErrorCode.UNDECODABLE) {
      return new Dead(Reason.UNDECODABLE, null, error);
    }
    if (error instanceof MessagingException ours && ours.code() == ErrorCode.TYPE_UNKNOWN) {
      return new Dead(Reason.UNKNOWN_TYPE, null, error);
    }
    boolean hopeless =
        error instanceof NotRetryableException
            || policy.notRetryable().stream().anyMatch(type -> type.isInstance(error));
    return hopeless ? new Dead(Reason.NOT_RETRYABLE, null, error) : new Failed(error, null);
  }
}
