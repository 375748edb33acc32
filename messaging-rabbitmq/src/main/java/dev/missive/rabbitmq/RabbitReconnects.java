package dev.missive.rabbitmq;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** When to try to connect again: waits that double, with full jitter. Used by one thread. */
final class RabbitReconnects {
  /** So many refused logins in a row are believed. */
  static final int REFUSALS = 3;

  private static final int DOUBLINGS = 20;

  private final RabbitSettings settings;
  private int failures;
  private int refusals;

  RabbitReconnects(RabbitSettings settings) {
    this.settings = settings;
  }

  /** A link that stood is lost. */
  void begin() {
    failures = 0;
    refusals = 0;
  }

  /**
   * One failed.
   *
   * @return whether the credentials are believed to be wrong
   */
  boolean failed(boolean refused) {
    refusals = refused ? refusals + 1 : 0;
    return refusals >= REFUSALS;
  }

  /** How many logins in a row were refused. */
  int refusals() {
    return refusals;
  }

  /** How long to wait before the next. */
  Duration next() {
    long first = Math.max(1, settings.retryDelay.toMillis());
    long longest = Math.max(first, settings.longestRetryDelay.toMillis());
    long ceiling = Math.min(longest, first << Math.min(DOUBLINGS, failures++));
    return refusals >= REFUSALS
        ? settings.authRetry
        : Duration.ofMillis(1 + ThreadLocalRandom.current().nextLong(ceiling));
  }
}
