package dev.missive.testkit.contract;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** The report of one broker as JSON and as Markdown. */
record ReportText(String broker, Verdicts verdicts, Map<String, String> clauses) {
  private static final int SHOWN = 100;

  String json() {
    List<String> lines = new ArrayList<>();
    for (String id : clauses.keySet()) {
      lines.add(
          "    {\"clause\": "
              + quoted(id)
              + ", \"verdict\": "
              + quoted(verdicts.verdict(id).text())
              + ", \"millis\": "
              + verdicts.millis(id)
              + ", \"notes\": ["
              + String.join(", ", verdicts.notes(id).stream().map(ReportText::quoted).toList())
              + "]}");
    }
    return "{\n  \"broker\": "
        + quoted(broker)
        + ",\n  \"version\": "
        + quoted(verdicts.version())
        + ",\n  \"clauses\": [\n"
        + String.join(",\n", lines)
        + "\n  ]\n}\n";
  }

  String markdown() {
    StringBuilder table =
        new StringBuilder("| clause | " + broker + " | ms | promise |\n|---|---|---:|---|\n");
    Map<Verdicts.Verdict, Integer> sums = new EnumMap<>(Verdicts.Verdict.class);
    clauses.forEach(
        (id, promise) -> {
          String text = promise.length() > SHOWN ? promise.substring(0, SHOWN) + " …" : promise;
          sums.merge(verdicts.verdict(id), 1, Integer::sum);
          table
              .append("| ")
              .append(id)
              .append(" | ")
              .append(verdicts.verdict(id).text())
              .append(" | ")
              .append(verdicts.millis(id))
              .append(" | ")
              .append(text.replace("|", "\\|"))
              .append(" |\n");
        });
    StringJoiner sum = new StringJoiner(", ");
    sums.forEach((verdict, count) -> sum.add(count + " " + verdict.text()));
    return table
        + notes()
        + "\n"
        + clauses.size()
        + " clauses on "
        + broker
        + " "
        + verdicts.version()
        + ": "
        + sum
        + "\n";
  }

  private String notes() {
    StringBuilder notes = new StringBuilder("\n");
    for (String id : clauses.keySet()) {
      verdicts.notes(id).stream()
          .filter(note -> !note.startsWith("killed "))
          .forEach(note -> notes.append("- ").append(id).append(": ").append(note).append('\n'));
    }
    return notes.toString();
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
