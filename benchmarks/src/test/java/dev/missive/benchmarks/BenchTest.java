package dev.missive.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchTest {
  private static final String[] TINY = {
    "--broker", "memory", "--pairs", "1", "--messages", "200", "--quick"
  };

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "--broker, rabit, 'must be rabbitmq, kafka, nats, memory or all'",
    "--pairs, 0, --pairs was 0 but must be at least 1",
    "--messages, 99, --messages was 99 but must be at least 100",
    "--rate, 0, --rate was 0 but must be at least 1",
    "--concurrency, 1, --concurrency was 1 but must be at least 2",
    "--pairs, many, Invalid value for option '--pairs'",
    "--brokers, all, Unknown options: '--brokers'",
  })
  void wrong_arguments_are_named(String option, String value, String said) {
    assertThat(run(option, value)).isEqualTo(2);
    assertThat(said(progress)).contains(said);
    assertThat(said(out)).isEmpty();
  }

  @Test
  void help_shows_options_and_exit_codes() {
    assertThat(run("--help")).isZero();
    assertThat(said(out))
        .contains("--broker", "--pairs", "--messages", "--quick", "--write", "FAILED");
  }

  @Test
  void the_runtime_alone_gives_a_table() {
    assertThat(run(TINY)).isZero();
    assertThat(said(out))
        .containsPattern(
            "\\| open\\(\\), cold \\| ms \\|  \\| [\\d,]+ \\|  \\| [\\d,]+ to [\\d,]+ \\| ≤ 150, (met|MISSED) \\|")
        .contains("| publish path | ns a message |")
        .contains("| consume path, concurrency 64 | bytes allocated a message |")
        .contains("| hand-over, 1 producer | messages/s |")
        .contains("| hand-over, 4 producers | messages/s |")
        .contains("raw: LinkedBlockingQueue", "Missive: producer.window 1000")
        .contains("1 pairs after 1 to warm up, 200 messages");
    assertThat(said(progress)).contains("memory: pair 1 of 1");
  }

  @Test
  void the_report_takes_the_table_between_its_marks() throws Exception {
    Path report = folder.resolve("report.md");
    Files.writeString(
        report, "before\n<!-- begin memory -->\nof yesterday\n<!-- end memory -->\nafter\n");

    assertThat(run(with("--write", report.toString()))).isZero();
    assertThat(report)
        .content(StandardCharsets.UTF_8)
        .startsWith("before\n<!-- begin memory -->\n")
        .contains("| hand-over, 4 producers |")
        .doesNotContain("yesterday")
        .endsWith("\n<!-- end memory -->\nafter\n");
  }

  @Test
  void a_report_without_marks_is_named_after_the_table_was_printed() throws Exception {
    Path report = Files.writeString(folder.resolve("report.md"), "no marks");

    assertThat(run(with("--write", report.toString()))).isEqualTo(2);
    assertThat(said(progress)).contains("<!-- begin memory -->");
    assertThat(said(out)).contains("| hand-over, 4 producers |");
    assertThat(report).hasContent("no marks");
  }

  private int run(String... args) {
    return Bench.execute(print(out), print(progress), args);
  }

  private static String[] with(String... more) {
    String[] all = Arrays.copyOf(TINY, TINY.length + more.length);
    System.arraycopy(more, 0, all, TINY.length, more.length);
    return all;
  }

  private static PrintStream print(ByteArrayOutputStream to) {
    return new PrintStream(to, true, StandardCharsets.UTF_8);
  }

  private static String said(ByteArrayOutputStream by) {
    return by.toString(StandardCharsets.UTF_8);
  }
}
