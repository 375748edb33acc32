package dev.missive.conformance.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.conformance.MemoryUnderTest;
import dev.missive.spi.Destination;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.Differential;
import dev.missive.testkit.differential.DifferentialReport;
import dev.missive.testkit.differential.Divergence;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a differential run finds on brokers with a defect, and how short it makes the script. */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class DifferentialTest {
  private static final Duration LATE = Duration.ofMillis(300);

  /** Scripts without faults: there each message has one history. */
  private static DifferentialReport run(Supplier<Tap> defect) {
    BrokerUnderTest broken =
        Mutant.broker("U02", "", defect)
            .in(new MemoryUnderTest(null).broker().setting("memory.wait-in-process", "0s"));
    return Differential.of(broken).seed(5).scripts(2, 30).least(0).run();
  }

  private static Divergence first(DifferentialReport report) {
    assertThat(report.passed()).as(report.toString()).isFalse();
    assertThat(report.toString()).contains("seed 5", "FAILED", "first divergence");
    return report.first().orElseThrow();
  }

  @Test
  void messages_that_are_swapped_are_found_with_two_steps() {
    Divergence divergence = first(run(DifferentialTest::swapping));

    assertThat(divergence.subject()).startsWith("order of key");
    assertThat(divergence.reference()).isNotEqualTo(divergence.other());
    assertThat(divergence.script().lines()).hasSize(2).allMatch(step -> step.contains("publish"));
  }

  @Test
  void attempts_that_are_lost_are_found_with_one_step() {
    Divergence divergence =
        first(
            run(
                () ->
                    Sends.changed(
                        Destination.Group.class, copy -> Edit.header(copy, Header.ATTEMPT, null))));

    assertThat(divergence.subject()).startsWith("message m");
    assertThat(divergence.other()).startsWith("runs 1 1");
    assertThat(divergence.script().lines()).singleElement().asString().contains("publish");
  }

  @Test
  void what_occurs_too_rarely_fails_a_run() {
    DifferentialReport report =
        Differential.of(new MemoryUnderTest(null).broker()).seed(5).scripts(1, 10).run();

    assertThat(report.diverging()).as(report.toString()).isZero();
    assertThat(report.passed()).isFalse();
    assertThat(report.rare()).contains("operation publish", "operation redrive", "outcome drop");
    assertThat(report.toString()).contains("fewer than 100");
  }

  @Test
  void wrong_values_and_a_clock_of_ones_own_are_refused() {
    Differential differential = Differential.of(new MemoryUnderTest(null).broker());

    assertThatThrownBy(() -> differential.scripts(0, 10)).hasMessageContaining("0 scripts");
    assertThatThrownBy(() -> differential.against(new MemoryUnderTest(new VirtualTime()).broker()))
        .hasMessageContaining("real time");
  }

  /** Stores every second message so late that the next one is stored before it. */
  private static Tap swapping() {
    Tap late = Sends.storedLater(Destination.Topic.class, LATE);
    return call ->
        call.has(Message.class) && !overtaken(call.arg(Message.class))
            ? call.proceed()
            : late.on(call);
  }

  private static boolean overtaken(Message message) {
    String number = message.id().replaceAll("^m(\\d+)-.*", "$1");
    return Integer.parseInt(number) % 2 == 0;
  }
}
