package dev.missive.testkit.memory;

import dev.missive.testkit.memory.MemoryMessages.Stored;

/**
 * How many bytes a broker holds. A message counts once, however many groups hold it, until the last
 * of them and the tail of its topic have let go of it. Guarded by the server's lock.
 */
final class MemoryQuota {
  private long stored;

  /** What only tails of topics hold; it gives way when room is needed. */
  private long spare;

  /** One more place in a group. */
  void take(Stored message) {
    if (message.places++ > 0) {
      return;
    }
    if (message.retained) {
      spare -= message.size;
    } else {
      stored += message.size;
    }
  }

  /** One place in a group less. */
  void letGo(Stored message) {
    if (--message.places > 0) {
      return;
    }
    if (message.retained) {
      spare += message.size;
    } else {
      stored -= message.size;
    }
  }

  /** The topic keeps it. */
  void retain(Stored message) {
    message.retained = true;
    if (message.places == 0) {
      stored += message.size;
      spare += message.size;
    }
  }

  /** The topic keeps it no more. */
  void drop(Stored message) {
    message.retained = false;
    if (message.places == 0) {
      stored -= message.size;
      spare -= message.size;
    }
  }

  /** Whether so much more fits, if need be in place of what only tails hold. */
  boolean fits(long bytes, long limit) {
    return stored - spare + bytes <= limit;
  }

  /** Whether so much more fits only if tails give way. */
  boolean crowded(long bytes, long limit) {
    return stored + bytes > limit;
  }
}
