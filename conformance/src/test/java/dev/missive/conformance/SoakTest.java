package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import dev.missive.testkit.history.Violation;
import dev.missive.testkit.soak.Soak;
import dev.missive.testkit.soak.SoakReport;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Soaks of the in-memory broker: that they pass, repeat, and find what is lost. */
final class SoakTest {
  private static final Duration SHORT = Duration.ofSeconds(12);

  @Test
  void a_soak_passes_and_its_seed_means_the_same_faults_again() {
    SoakReport first = Soak.of(new MemoryUnderTest(null).broker()).lasting(SHORT).seed(7).run();
    SoakReport second = Soak.of(new MemoryUnderTest(null).broker()).lasting(SHORT).seed(7).run();

    assertThat(first.passed()).as(first.toString()).isTrue();
    assertThat(first.faults()).isNotEmpty();
    assertThat(first.toString()).contains("SHORT", "seed 7", "passed");
    assertThat(first.runs()).isGreaterThanOrEqualTo(2 * first.stored());
    assertThat(second.passed()).as(second.toString()).isTrue();
    // The last fault may have had no time left in one of them.
    assertThat(second.faults().values().stream().mapToInt(Integer::intValue).sum())
        .isCloseTo(first.faults().values().stream().mapToInt(Integer::intValue).sum(), within(1));
  }

  @Test
  void a_broker_that_forgets_is_found() {
    MemoryUnderTest memory = new MemoryUnderTest(null);
    // A restart that loses what was stored.
    Control.Restart forgetful = () -> memory.memory().reset();
    BrokerUnderTest broker =
        BrokerUnderTest.of("memory", memory.broker().settings())
            .control(forgetful)
            .readyTimeout(Duration.ZERO);

    // This seed begins with a restart.
    SoakReport report = Soak.of(broker).lasting(SHORT).seed(25).run();

    assertThat(report.passed()).as(report.toString()).isFalse();
    assertThat(report.violations()).extracting(Violation::kind).contains(Violation.Kind.LOST);
    assertThat(report.toString()).contains("FAILED");
  }
}
