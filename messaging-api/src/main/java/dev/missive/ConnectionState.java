package dev.missive;

/**
 * The state of a connection to a broker.
 *
 * @since 0.1
 */
public enum ConnectionState {
  /** Opened, but nothing has asked for the broker yet. */
  NEW,
  /** The first connection is being made. */
  CONNECTING,
  /** Connected. */
  CONNECTED,
  /** Connected, but the broker takes no messages (an alarm). */
  BLOCKED,
  /** The connection was lost and is being made again. */
  RECONNECTING,
  /** The broker refuses the credentials; they are asked for again from time to time. */
  AUTH_FAILED,
  /** Closed for good. */
  CLOSED
}
