package dev.missive.testkit.proxy;

import java.util.EnumSet;
import java.util.Set;

/**
 * What is wrong with the network at the moment.
 *
 * @param dropped directions whose bytes vanish
 * @param delayNanos how long each byte is held back
 * @param rate bytes in a second and direction of each connection; 0 for no bound
 * @param refusing new connections are reset
 */
record Faults(Set<Direction> dropped, long delayNanos, long rate, boolean refusing) {
  static final Faults NONE = new Faults(Set.of(), 0, 0, false);

  Faults dropping(Direction direction) {
    Set<Direction> more = EnumSet.of(direction);
    more.addAll(dropped);
    return new Faults(Set.copyOf(more), delayNanos, rate, refusing);
  }

  Faults delaying(long nanos) {
    return new Faults(dropped, nanos, rate, refusing);
  }

  Faults throttling(long bytesPerSecond) {
    return new Faults(dropped, delayNanos, bytesPerSecond, refusing);
  }

  Faults refusingAll() {
    return new Faults(dropped, delayNanos, rate, true);
  }

  boolean blackhole() {
    return dropped.size() == Direction.values().length;
  }
}
