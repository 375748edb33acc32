package dev.missive.core.config;

/** What starting a consumer does about its topology. */
public enum TopologyMode {
  /** Makes what is missing; the default. */
  DECLARE,
  /** Looks, and fails if something is missing or differs; creates nothing. */
  VERIFY,
  /** Takes it as it is. */
  NONE
}
