package dev.missive.nats;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Waits before trying again: doubling, with full jitter. */
final class NatsBackoff {
  private static final int DOUBLINGS = 20;

  private NatsBackoff() {}

  /**
   * A wait.
   *
   * @param tried how often it has failed before
   * @param settings the first wait, and the longest
   */
  static Duration after(int tried, NatsSettings settings) {
    long doubled = settings.retryDelay.toMillis() << Math.min(tried, DOUBLINGS);
    long wait = Math.min(settings.longestRetryDelay.toMillis(), doubled);
    return Duration.ofMillis(1 + ThreadLocalRandom.current().nextLong(Math.max(1, wait)));
  }
}
