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
import java.util.concurrent.TimeUnit;
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

  @TempDir Path folder;

  @Test
  void the_shipped_records_add_up() throws Exception {
    Run run = quickstart("--steady");

    assertThat(run.output()).contains("read 1,707 = handled").doesNotContain("WARNING:");
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
  void an_interrupt_drains_reports_and_ends_well() throws Exception {
    Path output = folder.resolve("output");
    Process process = start(output, "--input", "-");
    try {
      process.getOutputStream().write("{}\n".getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      Eventually.await(
          "the quickstart to publish",
          Duration.ofSeconds(PATIENCE_SECONDS),
          () -> read(output).contains("Publishing to"));

      // SIGTERM takes the same path as Ctrl-C.
      process.toHandle().destroy();

      boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(ended).as(read(output)).isTrue();
      assertThat(read(output)).contains("draining");
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private Run quickstart(String... arguments) throws Exception {
    Path output = folder.resolve("output");
    Process process = start(output, arguments);
    process.getOutputStream().close();
    try {
      boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(ended).as(read(output)).isTrue();
      return new Run(process.exitValue(), read(output));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its output goes to a file: reading a pipe would wait for a process that hangs. */
  private Process start(Path output, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Duser.language=en");
    command.add("--module-path");
    command.add(jar() + File.pathSeparator + TARGET.resolve("lib"));
    command.add("--module");
    command.add("dev.missive.examples.quickstart/" + Quickstart.class.getName());
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
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
