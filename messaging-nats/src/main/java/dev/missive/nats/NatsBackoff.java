package dev.missive.nats;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Waits before trying again: 250 ms, doubling, with full jitter. */
final class NatsBackoff {
  private static final long FIRST = 250;
  private static final int DOUBLINGS = 20;

  private NatsBackoff() {}

  /**
   * A wait.
   *
   * @param tried how often it has failed before
   * @param most the longest wait
   */
  static Duration after(int tried, Duration most) {
    long wait = Math.min(most.toMillis(), FIRST << Math.min(tried, DOUBLINGS));
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(1, wait + 1));
  }
}
