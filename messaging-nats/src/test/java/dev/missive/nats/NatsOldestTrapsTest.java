package dev.missive.nats;

import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import org.junit.jupiter.api.Tag;

@Tag("broker")
@Tag("secondary")
class NatsOldestTrapsTest extends NatsTraps {
  @Override
  public BrokerOptions options() {
    return Brokers.nats().withOldest();
  }
}
