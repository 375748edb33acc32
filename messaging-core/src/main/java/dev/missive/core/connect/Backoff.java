package dev.missive.core.connect;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits between attempts of the runtime's own: 250 ms doubling to 30 s, with full jitter (semantics
 * S23).
 */
public final class Backoff {
  private static final long FIRST_MILLIS = 250;
  private static final long LONGEST_MILLIS = 30_000;
  private static final int DOUBLINGS = 7;

  private Backoff() {}

  /**
   * How long to wait.
   *
   * @param failures how many attempts have failed, at least 1
   * @return from half to the whole of the wait, so that clients spread and never spin
   */
  public static Duration after(int failures) {
    long ceiling = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(DOUBLINGS, failures - 1));
    return Duration.ofMillis(ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2 + 1));
  }
}
