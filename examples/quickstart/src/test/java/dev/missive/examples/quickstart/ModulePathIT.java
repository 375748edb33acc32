package dev.missive.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.Eventually;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged quickstart as a process of its own, all jars on the module path: what a missing
 * {@code requires} or {@code opens} breaks is seen here only. Runs on the JDK that runs the tests.
 */
final class ModulePathIT {
  private static final Path TARGET = Path.of("target");
  private static final long PATIENCE_SECONDS = 90;
  private static final List<String> UNDEAF = List.of("env", "--default-signal=INT");
  private static final Pattern RUNS =
      Pattern.compile("runs of handlers: ([\\d,]+), of which ([\\d,]+) failed");
  private static final Pattern DRAIN =
      Pattern.compile(
          "drain: received ([\\d,]+) = acked ([\\d,]+) \\+ retried ([\\d,]+)"
              + " \\+ dead-lettered ([\\d,]+) \\+ dropped 0 \\+ returned 0 \\+ abandoned 0,");

  @TempDir Path folder;

  @Test
  void the_shipped_records_are_handled_retried_and_dead_lettered_and_add_up() throws Exception {
    Run run = quickstart();

    // In two earthquakes a number is missing that their handler needs.
    assertThat(run.output())
        .contains("read 1,707 = handled 1,705 + dead-lettered 2")
        .contains("handled by type: {earthquake=1677, explosion=15, quarry blast=13}")
        .doesNotContain("WARNING:");
    Matcher drain = DRAIN.matcher(run.output());
    assertThat(drain.find()).as(run.output()).isTrue();
    assertThat(number(drain, 1))
        .as("received")
        .isEqualTo(number(drain, 2) + number(drain, 3) + number(drain, 4));
    assertThat(number(drain, 2)).as("acked").isEqualTo(1705);
    assertThat(number(drain, 3)).as("retried").isPositive();
    assertThat(number(drain, 4)).as("dead-lettered").isEqualTo(2);
    Matcher runs = RUNS.matcher(run.output());
    assertThat(runs.find()).as(run.output()).isTrue();
    assertThat(number(runs, 2))
        .as("failed runs")
        .isEqualTo(number(drain, 3) + number(drain, 4))
        .isEqualTo(number(runs, 1) - 1705);
    assertThat(run.exitCode()).isZero();
  }

  @Test
  void a_record_that_cannot_be_read_is_dead_lettered_and_counted() throws Exception {
    Path input = Files.writeString(folder.resolve("records.ndjson"), "{}\n{\"unfinished\n");

    Run run = quickstart("--input", input.toString(), "--steady");

    assertThat(run.output()).contains("read 2 = handled 1 + dead-lettered 1");
    assertThat(run.exitCode()).isZero();
  }

  @Test
  void a_broker_that_is_not_there_is_named() throws Exception {
    Run run = quickstart("--broker", "nosuch");

    assertThat(run.output()).contains("MSG-PROVIDER-MISSING", "nosuch", "memory");
    assertThat(run.exitCode()).isEqualTo(3);
  }

  @Test
  void an_input_that_is_not_there_is_named() throws Exception {
    Run run = quickstart("--input", folder.resolve("nosuch.ndjson").toString());

    assertThat(run.output()).contains("nosuch.ndjson");
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void wrong_settings_outside_the_code_are_named_at_once() throws Exception {
    Path file = Files.writeString(folder.resolve("app.yaml"), "producer:\n  windwo: 1\n");

    Run run =
        quickstart(
            Map.of("MESSAGING_CONFIG", file.toString(), "MESSAGING_PRODUCER_DEADLINE", "never"));

    assertThat(run.output())
        .contains("MSG-CONFIG-INVALID] 2 problems")
        .contains("producer.windwo (file " + file + ", line 2) is not a known setting")
        .contains("did you mean producer.window?")
        .contains("MESSAGING_PRODUCER_DEADLINE", "was \"never\"")
        .doesNotContain("at dev.missive");
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void a_file_of_settings_that_cannot_be_read_is_named() throws Exception {
    Run run = quickstart(Map.of("MESSAGING_CONFIG", folder.toString()));

    assertThat(run.output())
        .contains("MSG-CONFIG-INVALID", folder + " cannot be read")
        .doesNotContain("at dev.missive");
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void ctrl_c_leaves_a_handler_behind_that_never_returns_reports_and_ends_well() throws Exception {
    Path output = folder.resolve("output");
    Process process = start(output, "--input", "-", "--steady", "--stuck", "--drain", "1");
    try {
      process.getOutputStream().write("{}\n{}\n{}\n".getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      shows(output, "read 3  handled 2 (");
      shows(output, "in flight 1  retried 0  dead-lettered 0  connection CONNECTED");

      Process kill = new ProcessBuilder("sh", "-c", "kill -INT " + process.pid()).start();
      assertThat(kill.waitFor()).isZero();

      ends(process, output);
      assertThat(read(output))
          .contains("interrupted: draining")
          .contains("drain: received 3 = acked 2 + retried 0 + dead-lettered 0 + dropped 0")
          .contains("+ returned 0 + abandoned 1,")
          .contains("did not return, it is at", "neverReturn")
          .contains("read 3 != handled 2 + dead-lettered 0")
          .contains("the other 1: 0 not published, the rest wait at the broker");
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void the_end_of_its_terminal_or_service_drains_too() throws Exception {
    Path output = folder.resolve("output");
    Process process = start(output, "--input", "-", "--steady");
    try {
      process.getOutputStream().write("{}\n".getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      shows(output, "read 1  handled 1 (");

      process.toHandle().destroy();

      ends(process, output);
      assertThat(read(output))
          .contains("interrupted: draining")
          .contains("drain: received 1 = acked 1 +")
          .contains("read 1 = handled 1 + dead-lettered 0");
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private Run quickstart(String... arguments) throws Exception {
    return quickstart(Map.of(), arguments);
  }

  private Run quickstart(Map<String, String> variables, String... arguments) throws Exception {
    Path output = folder.resolve("output");
    Process process = start(output, variables, arguments);
    process.getOutputStream().close();
    try {
      ends(process, output);
      return new Run(process.exitValue(), read(output));
    } finally {
      process.destroyForcibly();
    }
  }

  private static void ends(Process process, Path output) throws InterruptedException {
    boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(ended).as(read(output)).isTrue();
  }

  private static void shows(Path output, String text) {
    Eventually.await(text, Duration.ofSeconds(PATIENCE_SECONDS), () -> read(output).contains(text));
  }

  private static long number(Matcher matcher, int group) {
    return Long.parseLong(matcher.group(group).replace(",", ""));
  }

  private static String read(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its output goes to a file: reading a pipe would wait for a process that hangs. */
  private static Process start(Path output, String... arguments) throws IOException {
    return start(output, Map.of(), arguments);
  }

  private static Process start(Path output, Map<String, String> variables, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(deaf() ? UNDEAF : List.of());
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Duser.language=en");
    command.add("--module-path");
    command.add(jar() + File.pathSeparator + TARGET.resolve("lib"));
    command.add("--module");
    command.add("dev.missive.examples.quickstart/" + Quickstart.class.getName());
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(variables);
    return builder.start();
  }

  /**
   * Whether whoever runs these tests ignores Ctrl-C, as shells let what runs in the background do;
   * a JVM that inherits this ignores it too.
   */
  private static boolean deaf() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.exists(status)
        && Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .map(line -> line.substring(line.length() - 1))
            .anyMatch(lowest -> (Integer.parseInt(lowest, 16) & 2) != 0);
  }

  private static Path jar() {
    try (Stream<Path> files = Files.list(TARGET)) {
      return files
          .filter(file -> file.getFileName().toString().matches("missive-quickstart-.*\\.jar"))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Run(int exitCode, String output) {}
}
