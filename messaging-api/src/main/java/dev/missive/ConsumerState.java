package dev.missive;

/**
 * The state of a consumer.
 *
 * @since 0.1
 */
public enum ConsumerState {
  /** Built, not started. */
  NEW,
  /** Started, not ready yet: the broker may be unreachable. */
  STARTING,
  /** Handling messages as they come. */
  RUNNING,
  /** Paused by {@link Consumer#pause()} or a {@link PauseException}. */
  PAUSED,
  /** Messages wait and nothing moves; the reason says why. */
  STALLED,
  /** Cannot work; the reason says why. Starting again may help once the cause is mended. */
  FAILED,
  /** Draining. */
  STOPPING,
  /** Stopped; may be started again. */
  STOPPED
}
