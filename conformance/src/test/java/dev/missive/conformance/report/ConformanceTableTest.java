package dev.missive.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.contract.Clause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    Path file = folder.resolve(broker + ".json");
    Files.writeString(file, text(broker, verdicts));
    return Report.readAll(file);
  }

  private static String text(String broker, String... verdicts) {
    return versioned(broker, "7", verdicts);
  }

  private static String versioned(String broker, String version, String... verdicts) {
    StringBuilder json =
        new StringBuilder(
            "{\n  \"broker\": \""
                + broker
                + "\",\n  \"version\": \""
                + version
                + "\",\n  \"clauses\": [\n");
    for (int i = 0; i < verdicts.length; i++) {
      json.append("    {\"clause\": \"P0")
          .append(i + 1)
          .append("\", \"verdict\": \"")
          .append(verdicts[i])
          .append("\", \"millis\": 12, \"notes\": [\"why \\\"so\\\"\", \"killed process 3\"]},\n");
    }
    return json + "  ]\n}\n";
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
  void what_the_run_should_have_shown_is_missing_whatever_the_full_check_showed()
      throws IOException {
    List<Report> run = report("nats", "missing", "failed");
    List<Report> full = report("nats", "proven", "proven");

    assertThat(rows(new ConformanceTable(CLAUSES, run, full)))
        .contains("| P01 | missing | nothing is lost |", "| P02 | failed | a \\| b |");
  }

  @Test
  void what_the_run_does_not_play_on_a_real_broker_comes_from_the_full_check() throws IOException {
    List<Report> run = report("nats", "failed");
    List<Report> full = report("nats", "proven", "proven");

    assertThat(rows(new ConformanceTable(CLAUSES, run, full)))
        .contains("| P01 | failed | nothing is lost |", "| P02 | proven | a \\| b |");
  }

  @Test
  void what_one_node_cannot_show_comes_from_the_cluster_of_the_full_check() throws IOException {
    List<Report> run = report("nats", "n/a", "n/a");
    List<Report> full = report("nats", "proven", "refused");

    assertThat(rows(new ConformanceTable(CLAUSES, run, full)))
        .contains("| P01 | proven | nothing is lost |", "| P02 | n/a | a \\| b |");
  }

  @Test
  void a_real_broker_that_is_not_there_is_as_the_full_check_saw_it() throws IOException {
    List<Report> full = new ArrayList<>(report("memory", "proven"));
    full.addAll(report("kafka", "proven", "n/a"));

    assertThat(rows(new ConformanceTable(CLAUSES, report("memory", "failed"), full)))
        .contains(
            "| P01 | failed | proven | nothing is lost |",
            "| P02 |  | n/a | a \\| b |",
            "| version | 7 | 7 |  |");
  }

  @Test
  void a_real_broker_that_nobody_reached_is_as_the_full_check_saw_it() throws IOException {
    Path file = folder.resolve("unreached.json");
    Files.writeString(file, versioned("nats", "", "missing", "missing"));

    assertThat(
            rows(
                new ConformanceTable(
                    CLAUSES, Report.readAll(file), report("nats", "proven", "n/a"))))
        .contains(
            "| P01 | proven | nothing is lost |", "| P02 | n/a | a \\| b |", "| version | 7 |  |");
  }

  @Test
  void nothing_that_each_run_shows_comes_from_the_full_check() throws IOException {
    List<Report> full = new ArrayList<>(report("memory", "proven", "proven"));
    full.addAll(report("journal", "proven", "proven"));

    assertThat(rows(new ConformanceTable(CLAUSES, report("memory", "proven"), full)))
        .contains("| P01 | proven | nothing is lost |", "| P02 |  | a \\| b |");
  }

  @Test
  void of_two_reports_of_a_run_the_one_that_shows_a_clause_counts() throws IOException {
    Report shown = report("memory", "proven", "missing").get(0);
    Report other = report("memory", "missing", "failed").get(0);

    for (List<Report> run : List.of(List.of(shown, other), List.of(other, shown))) {
      assertThat(rows(new ConformanceTable(CLAUSES, run, List.of())))
          .contains("| P01 | proven | nothing is lost |", "| P02 | failed | a \\| b |");
    }
  }

  @Test
  void what_the_full_check_commits_is_what_its_run_showed_and_nothing_older() throws IOException {
    Path run = folder.resolve("run.json");
    Path committed = folder.resolve("committed.json");
    Files.writeString(run, text("nats", "proven"));
    Files.writeString(committed, text("nats", "proven", "proven"));

    assertThat(ConformanceTable.printed(List.of("json", run.toString())))
        .contains("P01")
        .doesNotContain("P02");
    assertThat(
            ConformanceTable.printed(List.of("table", committed.toString(), run.toString()))
                .lines())
        .anyMatch(line -> line.startsWith("| P01 | proven |"))
        .anyMatch(line -> line.startsWith("| P02 | proven |"));
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
