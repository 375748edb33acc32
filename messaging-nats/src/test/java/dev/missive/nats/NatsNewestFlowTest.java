package dev.missive.nats;

import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import org.junit.jupiter.api.Tag;

/** On the newest version this is the smoke test of Part B too. */
@Tag("broker")
@Tag("smoke")
class NatsNewestFlowTest extends NatsFlow {
  @Override
  BrokerOptions options() {
    return Brokers.nats();
  }
}
