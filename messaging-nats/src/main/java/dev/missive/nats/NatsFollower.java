package dev.missive.nats;

import dev.missive.spi.Subscription;

/** A subscription that follows the connection from link to link. */
interface NatsFollower extends Subscription {
  /** A connection stands; never blocks. */
  void attach(NatsLink to);

  /** That connection is gone, with all that came over it. */
  void detach(NatsLink from);
}
