package dev.missive.nats;

import java.time.Duration;

/** When to try to connect again. Thread-safe. */
final class NatsReconnects {
  /** So many refused logins in a row are believed. */
  static final int REFUSALS = 3;

  private final NatsSettings settings;
  private int failures;
  private int refusals;

  /**
   * Makes one for a connection that stands.
   *
   * @param settings how long to wait
   */
  NatsReconnects(NatsSettings settings) {
    this.settings = settings;
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
    Duration backoff = NatsBackoff.after(failures++, settings);
    return refusals >= REFUSALS ? settings.authRetry : backoff;
  }
}
