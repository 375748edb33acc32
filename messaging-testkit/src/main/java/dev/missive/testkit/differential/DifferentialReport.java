package dev.missive.testkit.differential;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How a differential run ended. Immutable.
 *
 * @param reference the broker that is compared with
 * @param other the broker under test
 * @param seed repeats the scripts
 * @param scripts how many were played
 * @param diverging how many of them ended differently
 * @param first the first of these, with as few steps as were found; empty if there is none
 * @param counts how often each operation, outcome and fault occurred
 * @param least how often each of them must have occurred
 * @since 0.1
 */
public record DifferentialReport(
    String reference,
    String other,
    long seed,
    int scripts,
    int diverging,
    Optional<Divergence> first,
    Map<String, Integer> counts,
    int least) {
  /**
   * Copies the counts.
   *
   * @param reference the broker that is compared with
   * @param other the broker under test
   * @param seed repeats the scripts
   * @param scripts how many were played
   * @param diverging how many of them ended differently
   * @param first the first of these, with as few steps as were found; empty if there is none
   * @param counts how often each operation, outcome and fault occurred
   * @param least how often each of them must have occurred
   */
  public DifferentialReport {
    counts = Collections.unmodifiableMap(new TreeMap<>(counts));
  }

  /**
   * Whether both brokers did the same, and everything occurred often enough.
   *
   * @return false if anything diverged or was too rare
   */
  public boolean passed() {
    return diverging == 0 && rare().isEmpty();
  }

  /**
   * What occurred too rarely for the run to prove anything about it.
   *
   * @return operations, outcomes and faults; empty if there is none
   */
  public List<String> rare() {
    return counts.entrySet().stream()
        .filter(count -> count.getValue() < least)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Several lines: verdict, seed, counts, and the first divergence. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("differential ").append(passed() ? "passed" : "FAILED").append(": ");
    text.append(other).append(" against ").append(reference);
    text.append(", seed ").append(seed);
    text.append(", ").append(scripts).append(" scripts, ").append(diverging).append(" diverged\n");
    counts.forEach(
        (what, count) -> text.append("  ").append(what).append(' ').append(count).append('\n'));
    if (!rare().isEmpty()) {
      text.append("fewer than ").append(least).append(": ").append(rare()).append('\n');
    }
    first.ifPresent(divergence -> text.append("first divergence: ").append(divergence));
    return text.toString();
  }
}
