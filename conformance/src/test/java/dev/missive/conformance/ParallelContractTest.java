package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.MemoryBroker;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Many runs of the contract at the same time on one broker do not disturb each other. The repeats
 * of the full check leave it out: they run at the same time themselves.
 */
@Tag("parallel")
@Isolated("it loads the machine by itself")
final class ParallelContractTest {
  private static final int RUNS = Integer.getInteger("missive.contract.parallel", 20);

  @Test
  @Timeout(value = 22, unit = TimeUnit.MINUTES)
  @DisplayName("U03 the clauses run 20 times in parallel on one broker without interference")
  void in_parallel() {
    ParallelRuns runs = ParallelRuns.all(RUNS);

    MemoryBroker.named(ParallelRuns.SHARED).reset();
    assertThat(runs.failures()).isEmpty();
    assertThat(runs.passed())
        .hasSizeGreaterThan(RUNS * 50)
        .hasSize(runs.passed().size() / RUNS * RUNS);
  }
}
