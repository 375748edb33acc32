package dev.missive.conformance;

import dev.missive.Capability;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;

/** The contract on an in-memory broker without any capability: all it cannot do it refuses. */
@Tag("mutant")
final class MemoryRefusalsContractTest implements BrokerContract {
  private final MemoryUnderTest memory = new MemoryUnderTest(new VirtualTime());

  @Override
  public BrokerUnderTest broker() {
    String all =
        Arrays.stream(Capability.values()).map(Enum::name).collect(Collectors.joining(","));
    return memory.broker().setting("memory.without", all);
  }
}
