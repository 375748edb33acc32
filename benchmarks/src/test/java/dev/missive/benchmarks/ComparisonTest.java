package dev.missive.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private final Map<Metric, Aim> aims = new EnumMap<>(Metric.class);

  @Test
  void throughput_is_compared_pair_by_pair() {
    aims.put(Metric.THROUGHPUT, Aim.atLeast(0.95));
    Comparison comparison = comparison();
    add(comparison, Metric.THROUGHPUT, 1000, 900);
    add(comparison, Metric.THROUGHPUT, 500, 500);
    add(comparison, Metric.THROUGHPUT, 2000, 1600);

    assertThat(comparison.rows())
        .containsExactly(
            new Row(
                "it",
                "messages/s",
                "1,000",
                "900",
                "0.90",
                "0.85 to 0.95",
                "≥ 0.95, MISSED",
                false));
    assertThat(comparison.latest()).isEqualTo("it 0.80");
  }

  @Test
  void cpu_time_is_compared_by_what_is_more() {
    aims.put(Metric.CPU, Aim.atMost(1));
    Comparison comparison = comparison();
    add(comparison, Metric.CPU, 10, 10.5);

    assertThat(comparison.rows())
        .containsExactly(
            new Row(
                "it",
                "µs of CPU a message",
                "10.00",
                "10.50",
                "+0.50",
                "+0.50 to +0.50",
                "≤ 1.00, met",
                false));
  }

  @Test
  void a_failure_takes_all_figures_away() {
    aims.put(Metric.THROUGHPUT, null);
    aims.put(Metric.CPU, null);
    Comparison comparison = comparison();
    add(comparison, Metric.THROUGHPUT, 1, 1);
    comparison.fail("raw: received 9 of 10");

    assertThat(comparison.rows())
        .hasSize(2)
        .allMatch(Row::failed)
        .allMatch(row -> row.markdown().contains("FAILED | raw: received 9 of 10"));
  }

  @Test
  void what_was_never_done_has_failed() {
    aims.put(Metric.P99, null);

    assertThat(comparison().rows()).allMatch(Row::failed);
  }

  private Comparison comparison() {
    return new Comparison(new Scenario("it", aims, side -> Sample.failed("not run")));
  }

  private static void add(Comparison to, Metric metric, double raw, double missive) {
    to.add(new Sample(Map.of(metric, raw), null), new Sample(Map.of(metric, missive), null));
  }
}
