package dev.missive.testkit.differential;

import java.util.Map;
import java.util.TreeMap;

/** How often each operation, outcome and fault occurred. Thread-safe. */
final class Tally {
  private final Object lock = new Object();
  private final Map<String, Integer> counts = new TreeMap<>();

  void add(String what, int times) {
    synchronized (lock) {
      counts.merge(what, times, Integer::sum);
    }
  }

  Map<String, Integer> counts() {
    synchronized (lock) {
      return new TreeMap<>(counts);
    }
  }
}
