package dev.missive.nats;

import dev.missive.spi.Subscription;

/** A subscription that follows the connection from epoch to epoch. */
interface NatsLink extends Subscription {
  /** A connection stands; never blocks. */
  void attach(NatsEpoch to);

  /** That connection is gone, with all that came over it. */
  void detach(NatsEpoch from);
}
