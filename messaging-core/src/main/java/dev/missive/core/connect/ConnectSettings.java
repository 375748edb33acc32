package dev.missive.core.connect;

import java.time.Duration;

/**
 * How to connect.
 *
 * @param timeout how long {@code start()} waits for the first attempt
 * @param attempts how many attempts are made; 0 = for ever
 * @param backoff how long to wait between attempts
 */
public record ConnectSettings(Duration timeout, int attempts, Backoff backoff) {}
