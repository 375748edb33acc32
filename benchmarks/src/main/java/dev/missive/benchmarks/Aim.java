package dev.missive.benchmarks;

import java.util.Locale;

/**
 * What a figure is to reach. It is told and never asserted: time proves nothing on a busy machine.
 *
 * @param atLeast whether more is better
 * @param bound the worst that is good
 */
record Aim(boolean atLeast, double bound) {
  static Aim atLeast(double bound) {
    return new Aim(true, bound);
  }

  static Aim atMost(double bound) {
    return new Aim(false, bound);
  }

  boolean met(double value) {
    return atLeast ? value >= bound : value <= bound;
  }

  /** The bound, and whether a value keeps it. */
  String verdict(double value) {
    String number = String.format(Locale.ROOT, bound >= 10 ? "%,.0f" : "%.2f", bound);
    return (atLeast ? "≥ " : "≤ ") + number + (met(value) ? ", met" : ", MISSED");
  }
}
