package dev.missive.benchmarks;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one side showed once.
 *
 * @param values the figures; empty if there is a problem
 * @param problem why they are worth nothing; null if they are not
 */
record Sample(Map<Metric, Double> values, @Nullable String problem) {
  private static final double NANOS = 1e9;

  static Sample failed(String problem) {
    return new Sample(Map.of(), problem);
  }

  static Sample between(Usage begin, Usage end, int messages) {
    Map<Metric, Double> values = new EnumMap<>(Metric.class);
    values.put(Metric.THROUGHPUT, messages * NANOS / (end.nanos() - begin.nanos()));
    values.put(Metric.CPU, end.cpuNanosSince(begin) / 1000.0 / messages);
    values.put(Metric.ALLOCATED, (double) end.allocatedSince(begin) / messages);
    return new Sample(values, null);
  }

  static Sample latency(double[] micros) {
    return new Sample(
        Map.of(
            Metric.P50, Statistics.percentile(micros, 50),
            Metric.P99, Statistics.percentile(micros, 99)),
        null);
  }
}
