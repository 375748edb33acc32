package dev.missive.conformance;

import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;

/** The contract on the in-memory broker, in virtual time. */
final class MemoryContractTest implements BrokerContract {
  private final MemoryUnderTest memory = new MemoryUnderTest(new VirtualTime());

  @Override
  public BrokerUnderTest broker() {
    return memory.broker();
  }
}
