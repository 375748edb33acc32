package dev.missive.core.guard;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.time.Duration;
import java.util.Set;

/**
 * When a circuit opens, and for how long. Immutable; methods return changed copies.
 *
 * @param failurePercent opens when at least so many percent of the last runs failed; 1 to 100
 * @param window how many of the last runs are looked at; at least 1
 * @param minimum how many runs there must be before it may open; 1 to {@code window}
 * @param openFor how long it stays open before it admits a trial; at least 1 ms
 * @param trialAtMost after how long a trial that has not ended counts as failed; more than zero,
 *     and more than a run may take ({@code maxHandlingTime})
 * @param notFailures exceptions, with their subclasses, that say nothing about what the handler
 *     depends on; name here what {@code RetryPolicy.notRetryable} names
 * @since 0.1
 */
public record CircuitPolicy(
    int failurePercent,
    int window,
    int minimum,
    Duration openFor,
    Duration trialAtMost,
    Set<Class<? extends Throwable>> notFailures) {
  private static final int ALL = 100;

  /**
   * Checks the values.
   *
   * @param failurePercent opens when at least so many percent of the last runs failed; 1 to 100
   * @param window how many of the last runs are looked at; at least 1
   * @param minimum how many runs there must be before it may open; 1 to {@code window}
   * @param openFor how long it stays open before it admits a trial; at least 1 ms
   * @param trialAtMost after how long a trial that has not ended counts as failed; more than zero
   * @param notFailures exceptions that say nothing about what the handler depends on
   * @throws MessagingException CONFIG_INVALID if one of them is out of its range
   */
  public CircuitPolicy {
    requireNonNull(openFor, "openFor");
    requireNonNull(trialAtMost, "trialAtMost");
    notFailures = Set.copyOf(notFailures);
    if (failurePercent < 1 || failurePercent > ALL) {
      throw invalid("failurePercent", failurePercent, "must be 1 to 100");
    }
    if (window < 1) {
      throw invalid("window", window, "must be at least 1");
    }
    if (minimum < 1 || minimum > window) {
      throw invalid("minimum", minimum, "must be 1 to window, " + window);
    }
    if (openFor.toMillis() < 1) {
      throw invalid("openFor", openFor, "must be at least 1 ms");
    }
    if (trialAtMost.isNegative() || trialAtMost.isZero()) {
      throw invalid("trialAtMost", trialAtMost, "must be more than zero");
    }
  }

  /**
   * The default: opens for 30 s when half of the last 100 runs failed, at least 20 of them; a trial
   * may take 30 min.
   *
   * @return the policy
   */
  public static CircuitPolicy standard() {
    return new CircuitPolicy(50, 100, 20, Duration.ofSeconds(30), Duration.ofMinutes(30), Set.of());
  }

  /**
   * Changes at which share of failed runs it opens.
   *
   * @param percent 1 to 100
   * @return a changed copy
   */
  public CircuitPolicy failurePercent(int percent) {
    return new CircuitPolicy(percent, window, minimum, openFor, trialAtMost, notFailures);
  }

  /**
   * Changes how many runs are looked at.
   *
   * @param runs the last so many; at least 1
   * @param atLeast how many there must be before it may open; 1 to {@code runs}
   * @return a changed copy
   */
  public CircuitPolicy window(int runs, int atLeast) {
    return new CircuitPolicy(failurePercent, runs, atLeast, openFor, trialAtMost, notFailures);
  }

  /**
   * Changes how long it stays open.
   *
   * @param wait at least 1 ms
   * @return a changed copy
   */
  public CircuitPolicy openFor(Duration wait) {
    return new CircuitPolicy(failurePercent, window, minimum, wait, trialAtMost, notFailures);
  }

  /**
   * Changes how long a trial may take.
   *
   * @param limit more than zero
   * @return a changed copy
   */
  public CircuitPolicy trialAtMost(Duration limit) {
    return new CircuitPolicy(failurePercent, window, minimum, openFor, limit, notFailures);
  }

  /**
   * Names exceptions that are no failures of the circuit.
   *
   * @param types with their subclasses
   * @return a changed copy
   */
  public CircuitPolicy notFailures(Set<Class<? extends Throwable>> types) {
    return new CircuitPolicy(failurePercent, window, minimum, openFor, trialAtMost, types);
  }

  private static MessagingException invalid(String what, Object was, String must) {
    return new MessagingException(
        ErrorCode.CONFIG_INVALID, what + " of a circuit was " + was + " but " + must);
  }
}
