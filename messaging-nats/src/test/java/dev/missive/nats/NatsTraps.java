package dev.missive.nats;

import dev.missive.testkit.junit.LiveBrokers;
import org.junit.jupiter.api.AfterEach;

/** What has gone wrong with NATS before, and must not again: all areas of it. */
abstract class NatsTraps
    implements NatsTopologyTraps,
        NatsDepthTraps,
        NatsDeliveryTraps,
        NatsWireTraps,
        NatsCapabilityTraps,
        NatsConnectionTraps {
  private final NatsLab lab = new NatsLab(LiveBrokers.shared(options()));

  @Override
  public final NatsLab lab() {
    return lab;
  }

  @AfterEach
  void close() {
    lab.close();
  }
}
