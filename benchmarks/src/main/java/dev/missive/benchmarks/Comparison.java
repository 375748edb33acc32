package dev.missive.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What both sides showed in one scenario, pair by pair. Confined to the thread that measures. */
final class Comparison {
  private static final double LOWER_QUARTILE = 25;
  private static final double UPPER_QUARTILE = 75;

  private final Scenario scenario;
  private final List<Sample> raw = new ArrayList<>();
  private final List<Sample> missive = new ArrayList<>();
  private @Nullable String problem = "not measured";

  Comparison(Scenario scenario) {
    this.scenario = scenario;
  }

  /** One pair. */
  void add(Sample ofRaw, Sample ofMissive) {
    raw.add(ofRaw);
    missive.add(ofMissive);
    problem = null;
  }

  /** Nothing of it counts. */
  void fail(String why) {
    problem = why;
  }

  /** Compared by its first figure, for whoever waits; empty if nothing is shown of it. */
  String latest() {
    if (scenario.aims().isEmpty() || raw.isEmpty()) {
      return "";
    }
    Metric first = scenario.aims().keySet().iterator().next();
    double last =
        first.compare(value(raw, raw.size() - 1, first), value(missive, raw.size() - 1, first));
    return scenario.name() + " " + first.comparedText(last);
  }

  /** A line of the table for each figure. */
  List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (Map.Entry<Metric, @Nullable Aim> shown : scenario.aims().entrySet()) {
      rows.add(row(shown.getKey(), shown.getValue()));
    }
    return rows;
  }

  private Row row(Metric metric, @Nullable Aim aim) {
    if (problem != null) {
      return Row.failed(scenario.name(), metric.unit, problem);
    }
    double[] compared = new double[raw.size()];
    double[] ofRaw = new double[compared.length];
    double[] ofMissive = new double[compared.length];
    for (int i = 0; i < compared.length; i++) {
      ofRaw[i] = value(raw, i, metric);
      ofMissive[i] = value(missive, i, metric);
      compared[i] = metric.compare(ofRaw[i], ofMissive[i]);
    }
    double median = Statistics.median(compared);
    return new Row(
        scenario.name(),
        metric.unit,
        metric.text(Statistics.median(ofRaw)),
        metric.text(Statistics.median(ofMissive)),
        metric.comparedText(median),
        metric.comparedText(Statistics.percentile(compared, LOWER_QUARTILE))
            + " to "
            + metric.comparedText(Statistics.percentile(compared, UPPER_QUARTILE)),
        aim == null ? "" : aim.verdict(median),
        false);
  }

  private static double value(List<Sample> samples, int index, Metric metric) {
    return samples.get(index).values().getOrDefault(metric, Double.NaN);
  }
}
