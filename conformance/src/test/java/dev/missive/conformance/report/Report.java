package dev.missive.conformance.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What one run proved about one broker, as the testkit writes it: one clause a line. Immutable.
 *
 * @param broker the adapter's name
 * @param version what the broker calls its version
 * @param clauses by id, in the order of the report
 */
record Report(String broker, String version, Map<String, Proof> clauses) {
  private static final String TEXT = "\"((?:[^\"\\\\]|\\\\.)*)\"";
  private static final Pattern FIELD = Pattern.compile("\"(broker|version)\": " + TEXT);
  private static final Pattern CLAUSE =
      Pattern.compile("\"clause\": " + TEXT + ", \"verdict\": " + TEXT + ".*\"notes\": \\[(.*)]");
  private static final Pattern ITEM = Pattern.compile(TEXT);
  private static final String MISSING = "missing";

  /**
   * The verdict of one clause.
   *
   * @param verdict proven, refused, n/a, missing or failed
   * @param notes reasons, as JSON texts without their quotes
   */
  record Proof(String verdict, List<String> notes) {
    boolean missing() {
      return verdict.equals(MISSING);
    }

    private boolean notApplicable() {
      return verdict.equals("n/a");
    }

    private boolean proven() {
      return verdict.equals("proven");
    }

    private String json(String id) {
      return "{\"clause\": \""
          + id
          + "\", \"verdict\": \""
          + verdict
          + "\", \"notes\": ["
          + notes.stream().map(note -> "\"" + note + "\"").collect(Collectors.joining(", "))
          + "]}";
    }
  }

  /** All reports of a file, one after another. */
  static List<Report> readAll(Path file) throws IOException {
    List<Report> reports = new ArrayList<>();
    String broker = "";
    for (String line : Files.readAllLines(file)) {
      Matcher field = FIELD.matcher(line);
      Matcher clause = CLAUSE.matcher(line);
      if (clause.find()) {
        Proof proof = new Proof(clause.group(2), notes(clause.group(3)));
        reports.get(reports.size() - 1).clauses.put(clause.group(1), proof);
      } else if (field.find() && field.group(1).equals("broker")) {
        broker = field.group(2);
      } else if (field.reset().find()) {
        reports.add(new Report(broker, field.group(2), new LinkedHashMap<>()));
      }
    }
    return reports;
  }

  /** This report and another one of the same broker and run: whoever shows a clause counts. */
  Report and(Report other) {
    Map<String, Proof> merged = new LinkedHashMap<>(other.clauses);
    clauses.forEach(
        (id, proof) -> merged.merge(id, proof, (old, own) -> own.missing() ? old : own));
    return new Report(broker, version.isEmpty() ? other.version : version, merged);
  }

  /**
   * This report, and of another one the clauses that this one does not name at all, or could not
   * play with what was there: a cluster.
   */
  Report orElse(Report other) {
    Map<String, Proof> merged = new LinkedHashMap<>(other.clauses);
    clauses.forEach(
        (id, proof) ->
            merged.merge(id, proof, (old, own) -> own.notApplicable() && old.proven() ? old : own));
    return new Report(broker, version.isEmpty() ? other.version : version, merged);
  }

  /** As it was read, but for durations. */
  String json() {
    return clauses.entrySet().stream()
        .map(clause -> "    " + clause.getValue().json(clause.getKey()))
        .collect(
            Collectors.joining(
                ",\n",
                "{\n  \"broker\": \""
                    + broker
                    + "\",\n  \"version\": \""
                    + version
                    + "\",\n  \"clauses\": [\n",
                "\n  ]\n}"));
  }

  private static List<String> notes(String list) {
    List<String> notes = new ArrayList<>();
    Matcher item = ITEM.matcher(list);
    while (item.find()) {
      // Names the process of one run.
      if (!item.group(1).startsWith("killed ")) {
        notes.add(item.group(1));
      }
    }
    return List.copyOf(notes);
  }
}
