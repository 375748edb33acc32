package dev.missive.benchmarks;

import java.util.Arrays;

/** Medians and what surrounds them. Holds no state. */
final class Statistics {
  private static final double MEDIAN = 50;

  private Statistics() {}

  static double median(double[] values) {
    return percentile(values, MEDIAN);
  }

  /**
   * The value below which so many percent lie, between its neighbours where it is none of them.
   *
   * @param values in any order, at least one
   * @param percent 0 to 100
   */
  static double percentile(double[] values, double percent) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double at = percent / 100 * (sorted.length - 1);
    int below = (int) Math.floor(at);
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
