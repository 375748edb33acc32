package dev.missive;

/**
 * What a broker may or may not be able to do. Whatever is used without being there is refused with
 * {@link ErrorCode#CAPABILITY_MISSING}, never ignored. Acknowledged publish, groups, retry and dead
 * letters exist everywhere.
 *
 * @since 0.1
 */
public enum Capability {
  /** Order per key over all instances of a group. */
  KEY_ORDER,
  /** A key waits while one of its messages is retried. */
  ORDERED_RETRY,
  /** {@link Message#delay()} and {@link Message#deliverAt()}. */
  DELAY,
  /** {@link Message#timeToLive()}. */
  TTL,
  /** {@link Message#priority()}, strict. */
  PRIORITY,
  /** The broker drops a second message of the same id within its window. */
  DEDUP,
  /** A new group may start at the earliest retained message or at a time. */
  START_POSITION,
  /** A stopped group can be moved to a position. */
  SEEK,
  /** Subscriptions by pattern. */
  WILDCARD,
  /** Subscriptions without a group that see every message. */
  BROADCAST,
  /** Request and reply. */
  REQUEST,
  /** A batch that is stored completely or not at all. */
  ATOMIC_BATCH;

  /**
   * How a broker has a capability.
   *
   * @since 0.1
   */
  public enum Support {
    /** The broker does it. */
    NATIVE,
    /** Missive does it, with the same observable result. */
    EMULATED,
    /** It cannot be had; using it is refused. */
    NONE
  }
}
