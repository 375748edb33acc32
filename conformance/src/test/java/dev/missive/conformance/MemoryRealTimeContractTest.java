package dev.missive.conformance;

import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;

/** The contract on the in-memory broker as on a live one: nobody moves the clock. */
final class MemoryRealTimeContractTest implements BrokerContract {
  private final MemoryUnderTest memory = new MemoryUnderTest(null);

  @Override
  public BrokerUnderTest broker() {
    return memory.broker().setting("memory.wait-in-process", "1s");
  }
}
