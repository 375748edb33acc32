package dev.missive.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.contract.Clause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConformanceTableTest {
  private static final List<Clause> CLAUSES =
      List.of(
          new Clause("P01", "fault", "A", "nothing is lost"),
          new Clause("P02", "app", "A", "a | b"),
          new Clause("Z01", "app", "B", "null is rejected"),
          new Clause("X01", "later", "", "not yet"));

  @TempDir Path folder;

  private List<Report> report(String broker, String... verdicts) throws IOException {
    StringBuilder json =
        new StringBuilder(
            "{\n  \"broker\": \"" + broker + "\",\n  \"version\": \"7\",\n  \"clauses\": [\n");
    for (int i = 0; i < verdicts.length; i++) {
      json.append("    {\"clause\": \"P0")
          .append(i + 1)
          .append("\", \"verdict\": \"")
          .append(verdicts[i])
          .append("\", \"millis\": 12, \"notes\": [\"why \\\"so\\\"\", \"killed process 3\"]},\n");
    }
    Path file = folder.resolve(broker + ".json");
    Files.writeString(file, json + "  ]\n}\n");
    return Report.readAll(file);
  }

  private static List<String> rows(ConformanceTable table) {
    return table.markdown().lines().filter(line -> line.startsWith("|")).toList();
  }

  @Test
  void brokers_stand_beside_each_other_in_the_usual_order() throws IOException {
    List<Report> run =
        List.of(report("nats", "proven", "n/a").get(0), report("memory", "proven").get(0));

    assertThat(rows(new ConformanceTable(CLAUSES, run, List.of())))
        .containsExactly(
            "| clause | in-memory | NATS | promise |",
            "| --- | --- | --- | --- |",
            "| P01 | proven | proven | nothing is lost |",
            "| P02 |  | n/a | a \\| b |",
            "| Z01 |  |  | null is rejected |",
            "| version | 7 | 7 |  |");
  }

  @Test
  void what_the_run_lacks_comes_from_the_full_check_and_nothing_else() throws IOException {
    List<Report> run = report("nats", "missing", "failed");
    List<Report> full = report("nats", "proven", "proven");

    assertThat(rows(new ConformanceTable(CLAUSES, run, full)))
        .contains("| P01 | proven | nothing is lost |", "| P02 | failed | a \\| b |");
  }

  @Test
  void reasons_are_listed_but_not_what_differs_from_run_to_run() throws IOException {
    ConformanceTable table = new ConformanceTable(CLAUSES, report("nats", "n/a"), List.of());

    assertThat(table.markdown()).contains("- P01, NATS: why \"so\"").doesNotContain("killed", "12");
  }

  @Test
  void merged_reports_can_be_read_again() throws IOException {
    ConformanceTable table =
        new ConformanceTable(CLAUSES, report("nats", "n/a", "proven"), List.of());
    Path file = folder.resolve("full.json");
    Files.writeString(file, table.json());

    assertThat(new ConformanceTable(CLAUSES, List.of(), Report.readAll(file)).markdown())
        .isEqualTo(table.markdown());
  }
}
