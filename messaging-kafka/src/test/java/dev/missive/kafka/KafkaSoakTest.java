package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.soak.Soak;
import dev.missive.testkit.soak.SoakReport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Load and random faults; {@code -Dmissive.soak=PT1H} for an hour of it. */
@Tag("broker")
@Tag("full")
final class KafkaSoakTest {
  @Test
  void nothing_with_a_receipt_is_lost() {
    SoakReport report = Soak.of(KafkaControl.shared().broker("classic")).run();

    assertThat(report.passed()).as(report.toString()).isTrue();
    System.out.println(report);
  }
}
