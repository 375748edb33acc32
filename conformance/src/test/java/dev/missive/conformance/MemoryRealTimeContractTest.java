package dev.missive.conformance;

import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The contract on the in-memory broker as on a live one: nobody moves the clock. */
@Execution(ExecutionMode.CONCURRENT)
final class MemoryRealTimeContractTest implements BrokerContract {
  private final MemoryUnderTest memory = new MemoryUnderTest(null);

  @Override
  public BrokerUnderTest broker() {
    return memory.broker().setting("memory.wait-in-process", "1s");
  }
}
