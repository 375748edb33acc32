package dev.missive.conformance.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.conformance.ParallelRuns;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** U03 on a kit with a defect, with tests that wait for nothing; run by {@link Hunt} alone. */
@ExtendWith(MutantParameter.class)
final class MutatedKit {
  private static final int RUNS = 4;

  private final Mutant mutant;

  MutatedKit(Mutant mutant) {
    this.mutant = mutant;
  }

  @Test
  @DisplayName("U03 clauses run in parallel on one broker without interference")
  public void in_parallel() {
    Map<String, String> names =
        mutant.layer() == Mutant.Layer.KIT ? Map.of("missive.contract.names", "same") : Map.of();

    assertThat(ParallelRuns.some(RUNS, names, "plans", "mismatch", "verify_mode").failures())
        .isEmpty();
  }
}
