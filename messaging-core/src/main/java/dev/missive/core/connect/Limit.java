package dev.missive.core.connect;

import java.time.Duration;

/**
 * How long a caller waits at most.
 *
 * @param setting what sets it, for whoever waited in vain
 * @param atMost how long
 */
public record Limit(String setting, Duration atMost) {}
