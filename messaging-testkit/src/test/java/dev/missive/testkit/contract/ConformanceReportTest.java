package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Whose report a run is, and what stands in it. */
final class ConformanceReportTest {
  @TempDir Path target;

  /** Tests whose broker is not there. */
  static final class Aborting {
    @Test
    @DisplayName("P01 gives up")
    void one() {
      Assumptions.abort("no broker");
    }

    @Test
    @DisplayName("P02 gives up too")
    void other() {
      Assumptions.abort("no broker");
    }
  }

  /** Tests that name no broker. */
  static final class Nameless {
    @Test
    @DisplayName("Z01 Z02 pass")
    void both() {}
  }

  /** Tests that name one. */
  static final class Naming {
    @Test
    @DisplayName("P03 P04 pass")
    void both(TestReporter reporter) {
      reporter.publishEntry(Map.of("missive.broker", "acme", "missive.version", "7"));
    }
  }

  /** Tests that pass the second time only. */
  static final class Second {
    static boolean before;

    @Test
    @DisplayName("P05 P06 pass the second time")
    void both() {
      boolean second = before;
      before = true;
      assertThat(second).isTrue();
    }
  }

  /** Clauses that two legs of one adapter run. */
  interface Legs {
    /** Why this leg cannot show it; empty if it can. */
    String without();

    @Test
    @DisplayName("P07 needs users")
    default void users() {
      Assumptions.assumeTrue(without().isEmpty(), "n/a: " + without());
    }

    @Test
    @DisplayName("P08 needs a newer version")
    default void newer() {
      Assumptions.assumeTrue(without().isEmpty(), "refused: before 2.0");
    }
  }

  static final class LegWithout implements Legs {
    @Override
    public String without() {
      return "no users here";
    }
  }

  static final class LegWith implements Legs {
    @Override
    public String without() {
      return "";
    }
  }

  @Test
  void what_one_leg_cannot_show_is_not_said_where_another_one_has_shown_it() throws IOException {
    run(List.of("acme"), LegWithout.class, LegWith.class);

    assertThat(read("conformance.json"))
        .contains("refused: before 2.0")
        .doesNotContain("no users here");
    assertThat(read("conformance.md"))
        .containsPattern("P07 \\| proven")
        .containsPattern("P08 \\| proven");
    run(List.of("acme"), LegWithout.class);
    assertThat(read("conformance.json")).contains("n/a: no users here");
  }

  @Test
  void a_test_that_runs_again_counts_as_it_ended_last() throws IOException {
    Second.before = false;
    ConformanceReport report = new ConformanceReport(target, List::of);

    run(report, Second.class, Nameless.class);
    assertThat(read("conformance.md")).containsPattern("P05 \\| failed");
    run(report, Second.class);

    assertThat(read("conformance.md"))
        .containsPattern("P05 \\| proven")
        .containsPattern("Z01 \\| proven")
        .doesNotContain("| failed");
  }

  @Test
  void tests_that_all_give_up_are_the_adapters_of_their_module() throws IOException {
    run(List.of("acme"), Aborting.class);

    assertThat(files()).containsExactly("conformance.json", "conformance.md");
    assertThat(read("conformance.json"))
        .contains("\"broker\": \"acme\"", "\"version\": \"\"")
        .doesNotContain("proven");
  }

  @Test
  void what_gives_up_stands_in_the_one_report_of_the_adapter() throws IOException {
    run(List.of("acme"), Aborting.class, Naming.class);

    assertThat(files()).containsExactly("conformance.json", "conformance.md");
    assertThat(read("conformance.md"))
        .containsPattern("P01 \\| missing")
        .containsPattern("P03 \\| proven");
  }

  @Test
  void tests_of_the_runtime_ran_in_memory_where_there_is_no_adapter() throws IOException {
    run(List.of(), Nameless.class);

    assertThat(read("conformance.json")).contains("\"broker\": \"memory\"");
  }

  @Test
  void each_clause_stands_with_its_duration() throws IOException {
    run(List.of(), Naming.class);

    assertThat(read("conformance.md"))
        .contains("| clause | acme | ms | promise |")
        .containsPattern("\\| P03 \\| proven \\| [1-9]\\d* \\| ")
        .containsPattern("\\| P05 \\| missing \\| 0 \\| ");
  }

  private void run(List<String> adapters, Class<?>... tests) {
    run(new ConformanceReport(target, () -> adapters), tests);
  }

  private static void run(ConformanceReport report, Class<?>... tests) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Stream.of(tests).map(DiscoverySelectors::selectClass).toList())
            .build();
    LauncherFactory.create(
            LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build())
        .execute(request, report);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(target)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private String read(String name) throws IOException {
    return Files.readString(target.resolve(name));
  }
}
