package dev.missive.conformance.report;

import dev.missive.conformance.report.Report.Proof;
import dev.missive.testkit.contract.Clause;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes docs/conformance.md: every clause, and what each broker proved. A run shows every clause
 * of the brokers in it, but for those of the kit that only the full check plays on a real broker.
 * Those, and real brokers that were not there, come from the committed report of the full check; a
 * clause that a run should have shown and did not is missing. Immutable.
 */
final class ConformanceTable {
  private static final int SHOWN = 90;
  private static final Map<String, String> TITLES = new LinkedHashMap<>();

  /** Those that need nothing from outside: each run has them, and shows all that they can. */
  private static final Set<String> ALWAYS_THERE = Set.of("memory", "journal");

  static {
    TITLES.put("memory", "in-memory");
    TITLES.put("journal", "custom adapter");
    TITLES.put("rabbitmq", "RabbitMQ");
    TITLES.put("kafka", "Kafka");
    TITLES.put("nats", "NATS");
  }

  private final List<Clause> clauses;
  private final Map<String, Report> brokers;

  ConformanceTable(List<Clause> clauses, List<Report> run, List<Report> full) {
    this.clauses = clauses.stream().filter(clause -> !clause.level().equals("later")).toList();
    this.brokers = merge(run, full);
  }

  /**
   * Prints the table of the brokers that the committed report names, or what this run alone showed.
   *
   * @param args {@code table} and the committed report of the full check, or {@code json}; then the
   *     reports of this run
   * @throws IOException if one of them cannot be read
   */
  public static void main(String[] args) throws IOException {
    System.out.print(printed(List.of(args)));
  }

  static String printed(List<String> args) throws IOException {
    boolean table = args.get(0).equals("table");
    List<Report> full = table ? Report.readAll(Path.of(args.get(1))) : List.of();
    List<Report> run = new ArrayList<>();
    for (String file : args.subList(table ? 2 : 1, args.size())) {
      run.addAll(Report.readAll(Path.of(file)));
    }
    if (table) {
      List<String> shown = full.stream().map(Report::broker).toList();
      run.removeIf(report -> !shown.contains(report.broker()));
    }
    ConformanceTable merged = new ConformanceTable(Clause.all(), run, full);
    return table ? merged.markdown() : merged.json();
  }

  /** The usual order of brokers, then any other. */
  private static Map<String, Report> merge(List<Report> run, List<Report> full) {
    Map<String, Report> merged = new LinkedHashMap<>();
    TITLES.keySet().forEach(broker -> merged.put(broker, new Report(broker, "", Map.of())));
    run.stream()
        .filter(ConformanceTable::wasThere)
        .forEach(report -> merged.merge(report.broker(), report, (old, own) -> own.and(old)));
    full.stream()
        .filter(report -> !ALWAYS_THERE.contains(report.broker()))
        .forEach(report -> merged.merge(report.broker(), report, Report::orElse));
    merged.values().removeIf(report -> report.clauses().isEmpty());
    return merged;
  }

  /** A broker that nobody reached has told nobody its version. */
  private static boolean wasThere(Report report) {
    return ALWAYS_THERE.contains(report.broker()) || !report.version().isEmpty();
  }

  String json() {
    StringBuilder json = new StringBuilder();
    brokers.values().forEach(report -> json.append(report.json()).append('\n'));
    return json.toString();
  }

  String markdown() {
    StringBuilder text = new StringBuilder(INTRODUCTION);
    row(text, "clause", titles(), "promise");
    row(text, "---", brokers.values().stream().map(report -> "---").toList(), "---");
    for (Clause clause : clauses) {
      row(text, clause.id(), verdicts(clause.id()), shortened(clause.promise()));
    }
    row(text, "version", brokers.values().stream().map(Report::version).toList(), "");
    sums(text);
    notes(text);
    return text.toString();
  }

  private static final String INTRODUCTION =
      """
      # What each broker proves

      Written by `./verify` from the reports of its run; do not edit it. What only `./verify --full` proves
      comes from its committed report, `conformance-full.json`; a broker it does not name yet is not in the
      table. The clauses are those of [contract.md](contract.md).
      `proven`: a test showed it. `refused`: the broker has no such capability, and a test showed that using it is
      refused. `n/a`: cannot be, for the reason below. `missing`: nobody has shown it. An empty cell: no promise of
      an adapter.

      """;

  private List<String> titles() {
    return brokers.keySet().stream().map(broker -> TITLES.getOrDefault(broker, broker)).toList();
  }

  private List<String> verdicts(String id) {
    List<String> cells = new ArrayList<>();
    for (Report report : brokers.values()) {
      Proof proof = report.clauses().get(id);
      cells.add(proof == null ? "" : proof.verdict());
    }
    return cells;
  }

  private static void row(StringBuilder text, String first, List<String> cells, String last) {
    text.append("| ").append(first);
    cells.forEach(cell -> text.append(" | ").append(cell));
    text.append(" | ").append(last).append(" |\n");
  }

  private static String shortened(String promise) {
    String text = promise.length() > SHOWN ? promise.substring(0, SHOWN) + " …" : promise;
    return text.replace("|", "\\|");
  }

  private void sums(StringBuilder text) {
    text.append('\n');
    brokers.forEach(
        (broker, report) -> {
          Map<String, Integer> sums = new TreeMap<>();
          report.clauses().values().forEach(proof -> sums.merge(proof.verdict(), 1, Integer::sum));
          text.append("- ").append(TITLES.getOrDefault(broker, broker)).append(": ");
          List<String> parts = new ArrayList<>();
          sums.forEach((verdict, count) -> parts.add(count + " " + verdict));
          text.append(String.join(", ", parts)).append('\n');
        });
  }

  private void notes(StringBuilder text) {
    text.append("\n## Reasons\n\n");
    for (Clause clause : clauses) {
      brokers.forEach(
          (broker, report) -> {
            Proof proof = report.clauses().get(clause.id());
            for (String note : proof == null ? List.<String>of() : proof.notes()) {
              text.append("- ")
                  .append(clause.id())
                  .append(", ")
                  .append(Objects.requireNonNullElse(TITLES.get(broker), broker))
                  .append(": ")
                  .append(note.replace("\\\"", "\""))
                  .append('\n');
            }
          });
    }
  }
}
