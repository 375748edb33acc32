package dev.missive.core.connect;

import java.time.Duration;

/**
 * How to connect, and how long to wait for the broker.
 *
 * @param connecting how long callers wait for the connection, or {@code start()} for its first
 *     attempt
 * @param answering how long calls on topology and dead letters then wait for their answer
 * @param attempts how many attempts are made; 0 = for ever
 * @param backoff how long to wait between attempts
 */
public record ConnectSettings(Limit connecting, Limit answering, int attempts, Backoff backoff) {

  /** {@return how long callers wait for the connection} */
  public Duration timeout() {
    return connecting.atMost();
  }
}
