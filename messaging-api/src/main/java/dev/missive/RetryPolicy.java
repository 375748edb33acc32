package dev.missive;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Set;

/**
 * How often and after which waits a failed message is run again.
 *
 * <p>Before run k + 1 it waits {@code initial} x 2^(k-1), at most {@code max}; jitter adds up to 20
 * %, never less. {@code maxAttempts} counts runs: "3 retries" elsewhere are 4 attempts here.
 * Immutable; methods return changed copies.
 *
 * @param initial the wait after the first failed run, zero or more
 * @param max the longest wait, at least {@code initial}; more than 3000 days count as 3000 days
 * @param maxAttempts how many runs in all, at least 1
 * @param notRetryable exceptions (with their subclasses) that are dead-lettered at once
 * @since 0.1
 */
public record RetryPolicy(
    Duration initial, Duration max, int maxAttempts, Set<Class<? extends Throwable>> notRetryable) {
  private static final int DEFAULT_ATTEMPTS = 5;

  /**
   * Checks the values.
   *
   * @param initial the wait after the first failed run, zero or more
   * @param max the longest wait, at least {@code initial}
   * @param maxAttempts how many runs in all, at least 1
   * @param notRetryable exceptions (with their subclasses) that are dead-lettered at once
   */
  public RetryPolicy {
    requireNonNull(initial, "initial");
    requireNonNull(max, "max");
    notRetryable = Set.copyOf(notRetryable);
    if (initial.isNegative()) {
      throw invalid("initial wait", initial, "must not be negative");
    }
    if (max.compareTo(initial) < 0) {
      throw invalid("longest wait", max, "must be at least the initial wait, " + initial);
    }
    if (maxAttempts < 1) {
      throw invalid("maxAttempts", maxAttempts, "must be at least 1");
    }
  }

  /**
   * Waits that double, with 5 attempts.
   *
   * @param initial the wait after the first failed run, zero or more
   * @param max the longest wait, at least {@code initial}
   * @return the policy
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if a value is out of range
   */
  public static RetryPolicy exponential(Duration initial, Duration max) {
    return new RetryPolicy(initial, max, DEFAULT_ATTEMPTS, Set.of());
  }

  /**
   * The default: 5 runs, waits from 1 s doubling to at most 60 s.
   *
   * @return the policy
   */
  public static RetryPolicy standard() {
    return exponential(Duration.ofSeconds(1), Duration.ofSeconds(60));
  }

  /**
   * Changes how many runs a message gets.
   *
   * @param runs at least 1; 1 means no retry
   * @return a changed copy
   */
  public RetryPolicy maxAttempts(int runs) {
    return new RetryPolicy(initial, max, runs, notRetryable);
  }

  /**
   * Names exceptions no retry can help.
   *
   * @param types dead-lettered at once, subclasses included
   * @return a changed copy
   */
  public RetryPolicy notRetryable(Set<Class<? extends Throwable>> types) {
    return new RetryPolicy(initial, max, maxAttempts, types);
  }

  /**
   * The wait after so many failed runs, without jitter.
   *
   * @param failedRuns at least 1
   * @return at least {@code initial}, at most {@code max}
   */
  public Duration backoff(int failedRuns) {
    Duration wait = initial;
    for (int i = 1; i < failedRuns && wait.compareTo(max) < 0 && !wait.isZero(); i++) {
      wait = wait.multipliedBy(2);
    }
    return wait.compareTo(max) > 0 ? max : wait;
  }

  private static MessagingException invalid(String part, Object value, String rule) {
    return new MessagingException(
        ErrorCode.CONFIG_INVALID, part + " of a retry policy was " + value + " but " + rule);
  }
}
