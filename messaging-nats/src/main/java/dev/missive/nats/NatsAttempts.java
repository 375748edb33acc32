package dev.missive.nats;

import java.time.Duration;

/** When to try to connect again. Thread-safe. */
final class NatsAttempts {
  /** So many refused logins in a row are believed. */
  static final int REFUSALS = 3;

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  private final Duration authRetry;
  private int failures;
  private int refusals;

  /**
   * Makes one for a connection that stands.
   *
   * @param authRetry the wait between logins once their refusal is believed
   */
  NatsAttempts(Duration authRetry) {
    this.authRetry = authRetry;
  }

  synchronized void succeeded() {
    failures = 0;
    refusals = 0;
  }

  /**
   * One failed.
   *
   * @return whether the credentials are wrong, as of now
   */
  synchronized boolean failed(boolean refused) {
    refusals = refused ? refusals + 1 : 0;
    return refusals == REFUSALS;
  }

  /** How long to wait before the next. */
  synchronized Duration next() {
    Duration backoff = NatsBackoff.after(failures++, LONGEST_WAIT);
    return refusals >= REFUSALS ? authRetry : backoff;
  }
}
