package dev.missive.core.connect;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits between attempts of the runtime's own: doubling, with jitter (semantics S23).
 *
 * @param first the first wait at most
 * @param longest no wait is longer
 */
public record Backoff(Duration first, Duration longest) {
  private static final int DOUBLINGS = 20;

  /**
   * How long to wait.
   *
   * @param failures how many attempts have failed, at least 1
   * @return from half to the whole of the wait, so that clients spread and never spin
   */
  public Duration after(int failures) {
    // Short enough to be doubled so often: settings end at a hundred years.
    long doubled = first.toMillis() << Math.min(DOUBLINGS, failures - 1);
    long ceiling = Math.max(1, Math.min(longest.toMillis(), doubled));
    return Duration.ofMillis(ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2 + 1));
  }
}
