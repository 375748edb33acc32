package dev.missive.benchmarks;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The part of the report about one broker.
 *
 * @param title the broker with its version, and what differs from other parts
 * @param raw what the raw side does
 * @param missive what Missive does
 * @param rows the figures
 */
record Section(String title, String raw, String missive, List<Row> rows) {
  String markdown() {
    return "### "
        + title
        + "\n\n"
        + (raw.isEmpty() ? "" : "- raw: " + raw + "\n")
        + "- Missive: "
        + missive
        + "\n\n"
        + "| what | figure | raw | Missive | Missive beside raw | middle half of the pairs | aim |\n"
        + "|---|---|--:|--:|--:|---|---|\n"
        + rows.stream().map(Row::markdown).collect(Collectors.joining("\n"))
        + "\n";
  }

  boolean failed() {
    return rows.stream().anyMatch(Row::failed);
  }
}
