package dev.missive.testkit.soak;

import dev.missive.testkit.history.Violation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a soak found.
 *
 * @param broker the adapter
 * @param seed chooses faults and load; the same seed chooses the same again
 * @param start when it began
 * @param end when the verdict stood
 * @param load how long load and faults lasted
 * @param stored publishes with a receipt
 * @param refused publishes that failed NOT_STORED
 * @param unknown publishes of which nobody knows
 * @param runs runs of handlers, of all groups
 * @param deadLetters messages that were given up; no handler fails so often
 * @param faults what was inflicted, in order
 * @param violations what broke a promise; empty if nothing did
 * @param problems what else went wrong: a fault that could not be inflicted, a publish that failed
 *     with something that is no PublishException; empty if nothing did
 * @since 0.1
 */
public record SoakReport(
    String broker,
    long seed,
    Instant start,
    Instant end,
    Duration load,
    long stored,
    long refused,
    long unknown,
    long runs,
    long deadLetters,
    List<String> faults,
    List<Violation> violations,
    List<String> problems) {
  private static final Duration LONG = Duration.ofHours(1);
  private static final int MOST_SHOWN = 20;

  /**
   * Copies the collections.
   *
   * @param broker the adapter
   * @param seed chooses faults and load; the same seed chooses the same again
   * @param start when it began
   * @param end when the verdict stood
   * @param load how long load and faults lasted
   * @param stored publishes with a receipt
   * @param refused publishes that failed NOT_STORED
   * @param unknown publishes of which nobody knows
   * @param runs runs of handlers, of all groups
   * @param deadLetters messages that were given up; no handler fails so often
   * @param faults what was inflicted, in order
   * @param violations what broke a promise; empty if nothing did
   * @param problems what else went wrong: a fault that could not be inflicted, a publish that
   *     failed with something that is no PublishException; empty if nothing did
   */
  public SoakReport {
    faults = List.copyOf(faults);
    violations = List.copyOf(violations);
    problems = List.copyOf(problems);
  }

  /**
   * Whether every promise was kept.
   *
   * @return no violation, no problem, no dead letter, and something was stored
   */
  public boolean passed() {
    return violations.isEmpty() && problems.isEmpty() && deadLetters == 0 && stored > 0;
  }

  private Map<String, Long> byKind() {
    return faults.stream()
        .collect(Collectors.groupingBy(kind -> kind, TreeMap::new, Collectors.counting()));
  }

  /** For people, with the faults by kind; below one hour it says SHORT. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("soak of ").append(broker).append(load.compareTo(LONG) < 0 ? " SHORT" : "");
    text.append(passed() ? ": passed" : ": FAILED").append(", seed ").append(seed);
    text.append(", ").append(start).append(" to ").append(end);
    text.append(", ").append(load.toSeconds()).append(" s of load\n");
    text.append("stored ").append(stored).append(", refused ").append(refused);
    text.append(", unknown ").append(unknown).append(", runs ").append(runs);
    text.append(", dead letters ").append(deadLetters).append("\nfaults ").append(byKind());
    problems.forEach(one -> text.append('\n').append(one));
    violations.stream().limit(MOST_SHOWN).forEach(one -> text.append('\n').append(one));
    if (violations.size() > MOST_SHOWN) {
      text.append("\nand ").append(violations.size() - MOST_SHOWN).append(" more");
    }
    return text.toString();
  }
}
