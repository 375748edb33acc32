package dev.missive.conformance;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.DifferentialContract;

/**
 * The in-memory broker against itself: other threads and windows, and every wait at the broker
 * instead of in the client.
 */
final class MemoryDifferentialTest implements DifferentialContract {
  private final MemoryUnderTest memory = new MemoryUnderTest(null);

  @Override
  public BrokerUnderTest broker() {
    return memory.broker().setting("memory.wait-in-process", "0s");
  }
}
