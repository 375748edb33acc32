package dev.missive.nats;

import dev.missive.testkit.launcher.BrokerOptions;

/** What every area of traps has: a version of the server, and a lab of its own for each test. */
interface NatsTrap {
  /** The server, to start another one of it. */
  BrokerOptions options();

  /** The lab of this test, on a server that is shared. */
  NatsLab lab();
}
