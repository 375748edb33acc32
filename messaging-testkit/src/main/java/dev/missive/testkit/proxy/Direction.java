package dev.missive.testkit.proxy;

/**
 * Which way bytes go through a proxy.
 *
 * @since 0.1
 */
public enum Direction {
  /** What the client sends. */
  TO_SERVER,
  /** What the server sends. */
  TO_CLIENT
}
