package dev.missive.conformance.mutants;

import dev.missive.conformance.Lab;
import dev.missive.conformance.MemoryFaultClauses;
import dev.missive.conformance.RuntimeClauses;
import dev.missive.testkit.VirtualTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** Part B on a runtime with a defect; run by {@link Hunt} alone. */
@ExtendWith(MutantParameter.class)
final class MutatedRuntime implements RuntimeClauses, MemoryFaultClauses {
  private final Lab lab;

  MutatedRuntime(Mutant mutant) {
    lab = Lab.virtual(new VirtualTime(mutant.patience()), mutant.opening());
  }

  @AfterEach
  void close() {
    lab.close();
  }

  @Override
  public Lab lab() {
    return lab;
  }
}
