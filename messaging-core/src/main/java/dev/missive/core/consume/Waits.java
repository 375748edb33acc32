package dev.missive.core.consume;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Keeps waits within what every clock can count and every broker can hold, whatever an application
 * or a header asks for: a wait that cannot be set would leave its message unsettled for good.
 */
final class Waits {
  /** Less than the 2^28 s of the delay queues on RabbitMQ, the least of all brokers. */
  static final Duration LONGEST = Duration.ofDays(3000);

  private static final double JITTER = 0.2;

  private Waits() {}

  /** The wait, but at most {@link #LONGEST}. */
  static Duration bounded(Duration wait) {
    return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
  }

  /** The instant, but at most {@link #LONGEST} from now. */
  static Instant bounded(Instant due, Instant now) {
    Instant latest = now.plus(LONGEST);
    return due.isAfter(latest) ? latest : due;
  }

  /** The wait and up to a fifth more, so that what failed together does not come back together. */
  static Duration jittered(Duration wait) {
    Duration least = bounded(wait);
    double more = least.toNanos() * JITTER * ThreadLocalRandom.current().nextDouble();
    return bounded(least.plusNanos((long) more));
  }
}
