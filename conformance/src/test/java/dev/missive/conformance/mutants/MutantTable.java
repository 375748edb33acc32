package dev.missive.conformance.mutants;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Clause x mutant, as Markdown and as JSON, where {@code ./verify} looks for tables. */
record MutantTable(List<String> clauses, List<Verdict> verdicts) {
  private static final int SHOWN = 140;

  void write() throws IOException {
    Path target = Path.of("target");
    Files.createDirectories(target);
    Files.writeString(target.resolve("conformance-mutants.md"), markdown());
    Files.writeString(target.resolve("conformance-mutants.json"), json());
  }

  private String markdown() {
    StringBuilder table =
        new StringBuilder("| mutant | a broker or runtime that | caught | the clause says |\n");
    table.append("|---|---|---|---|\n");
    for (Verdict verdict : verdicts) {
      table
          .append("| ")
          .append(verdict.id())
          .append(" | ")
          .append(cell(verdict.defect()))
          .append(caught(verdict) ? " | yes | " : " | NO | ")
          .append(cell(verdict.message()))
          .append(" |\n");
    }
    List<String> open = new ArrayList<>(clauses);
    verdicts.stream().filter(MutantTable::caught).forEach(verdict -> open.remove(verdict.clause()));
    table.append("\n").append(byClause()).append("\n");
    table
        .append(verdicts.stream().filter(MutantTable::caught).count())
        .append(" of ")
        .append(verdicts.size())
        .append(" mutants caught; ")
        .append(clauses.size() - open.size())
        .append(" of ")
        .append(clauses.size())
        .append(" clauses catch one");
    table.append(open.isEmpty() ? ".\n" : "; open: " + String.join(", ", open) + ".\n");
    Mutants.WITHOUT.forEach(
        (clause, reason) ->
            table
                .append("\nWithout a mutant: ")
                .append(clause)
                .append(", ")
                .append(reason)
                .append(".\n"));
    return table.toString();
  }

  /** A line for each clause: so short that {@code ./verify} prints it whole. */
  private String byClause() {
    StringBuilder table =
        new StringBuilder("| clause | catches | of its mutants |\n|---|---|---|\n");
    for (String clause : clauses) {
      List<Verdict> own =
          verdicts.stream().filter(verdict -> verdict.clause().equals(clause)).toList();
      table
          .append("| ")
          .append(clause)
          .append(" | ")
          .append(own.stream().filter(MutantTable::caught).count())
          .append(" of ")
          .append(own.size())
          .append(" | ")
          .append(own.stream().map(MutantTable::marked).collect(Collectors.joining(", ")))
          .append(" |\n");
    }
    return table.toString();
  }

  private static String marked(Verdict verdict) {
    return caught(verdict) ? verdict.id() : verdict.id() + " NOT CAUGHT";
  }

  private static boolean caught(Verdict verdict) {
    return !verdict.test().isEmpty();
  }

  private static String cell(String text) {
    String line = text.replace("|", "\\|").replaceAll("\\s+", " ").strip();
    return line.length() > SHOWN ? line.substring(0, SHOWN) + " …" : line;
  }

  private String json() {
    List<String> lines = new ArrayList<>();
    for (Verdict verdict : verdicts) {
      lines.add(
          "  {\"mutant\": "
              + quoted(verdict.id())
              + ", \"clause\": "
              + quoted(verdict.clause())
              + ", \"defect\": "
              + quoted(verdict.defect())
              + ", \"test\": "
              + quoted(verdict.test())
              + ", \"said\": "
              + quoted(verdict.message())
              + ", \"millis\": "
              + verdict.millis()
              + "}");
    }
    return "[\n" + String.join(",\n", lines) + "\n]\n";
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
