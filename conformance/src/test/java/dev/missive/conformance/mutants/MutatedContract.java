package dev.missive.conformance.mutants;

import dev.missive.conformance.MemoryUnderTest;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Part A on the in-memory broker with a defect; run by {@link Hunt} alone. */
@ExtendWith(MutantParameter.class)
final class MutatedContract implements BrokerContract {
  private final Mutant mutant;
  private final VirtualTime time;
  private final MemoryUnderTest memory;

  MutatedContract(Mutant mutant) {
    this.mutant = mutant;
    this.time = new VirtualTime(mutant.patience());
    time.watch(MutantThreads::activity);
    this.memory = new MemoryUnderTest(time);
  }

  @Override
  public BrokerUnderTest broker() {
    BrokerUnderTest broker = memory.broker().readyTimeout(mutant.readyTimeout());
    return mutant.in(mutant.setup().prepare(broker, memory, time));
  }
}
