package dev.missive.conformance.mutants;

import dev.missive.conformance.MemoryUnderTest;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.Differential;
import dev.missive.testkit.differential.DifferentialContract;
import org.junit.jupiter.api.extension.ExtendWith;

/** U02 on the in-memory broker with a defect, with few scripts; run by {@link Hunt} alone. */
@ExtendWith(MutantParameter.class)
final class MutatedDifferential implements DifferentialContract {
  private final Mutant mutant;

  MutatedDifferential(Mutant mutant) {
    this.mutant = mutant;
  }

  @Override
  public BrokerUnderTest broker() {
    return mutant.in(new MemoryUnderTest(null).broker().setting("memory.wait-in-process", "0s"));
  }

  @Override
  public Differential differential(BrokerUnderTest broker) {
    return Differential.of(broker).seed(5).scripts(2, 30).least(0);
  }
}
