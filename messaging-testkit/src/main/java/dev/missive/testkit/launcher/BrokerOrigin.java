package dev.missive.testkit.launcher;

/**
 * Where a broker comes from, in the order in which it is looked for.
 *
 * @since 0.1
 */
public enum BrokerOrigin {
  /** Named by the environment; it is used and never disturbed. */
  ENVIRONMENT,
  /** Processes of this JVM: they can be killed, paused and restarted. */
  PROCESS,
  /** A container of this JVM, where no process can be started; it is never disturbed. */
  DOCKER
}
