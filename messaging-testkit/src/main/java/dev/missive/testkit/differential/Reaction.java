package dev.missive.testkit.differential;

import dev.missive.DeadLetters;
import dev.missive.NotRetryableException;
import dev.missive.Outcome;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a handler does with a message: the outcome of one run. */
enum Reaction {
  /** It returns. */
  HANDLE,
  /** It throws. */
  FAIL,
  /** It asks for another run. */
  RETRY,
  /** It asks for another run after a time of its own. */
  RETRY_AFTER,
  /** It throws what no policy retries. */
  NOT_RETRYABLE,
  /** It wants the message among the dead letters. */
  REJECT,
  /** It wants the message gone. */
  DROP;

  private static final Duration WAIT = Duration.ofMillis(15);

  /** Whether another run follows, unless it was the last attempt. */
  boolean again() {
    return this == FAIL || this == RETRY || this == RETRY_AFTER;
  }

  /** Why a message is dead-lettered after this was its last run; null if it is not. */
  DeadLetters.@Nullable Reason deadLetter() {
    return switch (this) {
      case FAIL, RETRY, RETRY_AFTER -> DeadLetters.Reason.ATTEMPTS_EXHAUSTED;
      case NOT_RETRYABLE -> DeadLetters.Reason.NOT_RETRYABLE;
      case REJECT -> DeadLetters.Reason.REJECTED;
      case HANDLE, DROP -> null;
    };
  }

  /** All reasons for which messages are dead-lettered here. */
  static Set<DeadLetters.Reason> reasons() {
    return Arrays.stream(values())
        .map(Reaction::deadLetter)
        .filter(Objects::nonNull)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(DeadLetters.Reason.class)));
  }

  /** Does it. */
  Outcome act() {
    return switch (this) {
      case HANDLE -> Outcome.ack();
      case FAIL -> throw new IllegalStateException("fails as the script says");
      case RETRY -> Outcome.retry();
      case RETRY_AFTER -> Outcome.retryAfter(WAIT);
      case NOT_RETRYABLE -> throw new NotRetryableException("fails for ever as the script says");
      case REJECT -> Outcome.deadLetter("rejected as the script says");
      case DROP -> Outcome.drop();
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
