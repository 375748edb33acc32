package dev.missive.core.connect;

import java.time.Duration;

/** Durations as nanoseconds that can be reckoned with. */
public final class Nanos {
  /** Who waits longer waits for ever; twice this still fits. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private Nanos() {}

  /**
   * How many nanoseconds a duration has.
   *
   * @param time any duration that is not negative
   * @return the same, a hundred years at most
   */
  public static long of(Duration time) {
    return (time.compareTo(LONGEST) < 0 ? time : LONGEST).toNanos();
  }
}
