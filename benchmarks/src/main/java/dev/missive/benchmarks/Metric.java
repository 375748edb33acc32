package dev.missive.benchmarks;

import java.util.Locale;

/** What is measured of a scenario, and how two sides are compared by it. */
enum Metric {
  /** More is better. */
  THROUGHPUT("messages/s", true, 0),
  /** CPU time of all Java threads. */
  CPU("µs of CPU a message", false, 2),
  /** Allocation of all threads. */
  ALLOCATED("bytes allocated a message", false, 0),
  /** From when a message was due until its handler ran. */
  P50("µs, median", true, 0),
  /** The same for the slowest hundredth. */
  P99("µs, 99th percentile", true, 0);

  final String unit;
  private final boolean ratio;
  private final int digits;

  Metric(String unit, boolean ratio, int digits) {
    this.unit = unit;
    this.ratio = ratio;
    this.digits = digits;
  }

  /** A value as a reader sees it. */
  String text(double value) {
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }

  /** Ours beside the other: a ratio, or what ours has more. */
  double compare(double raw, double missive) {
    return ratio ? missive / raw : missive - raw;
  }

  /** What {@link #compare} gave, as a reader sees it. */
  String comparedText(double compared) {
    return ratio
        ? String.format(Locale.ROOT, "%.2f", compared)
        : String.format(Locale.ROOT, "%+,." + digits + "f", compared);
  }
}
