package dev.missive.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
    Process process = start("--input", "-");
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      process.getOutputStream().write("{}\n".getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      String first = output.readLine();
      assertThat(first).startsWith("Publishing to");

      // SIGTERM takes the same path as Ctrl-C; Process.destroy would close our end of its output
      // too.
      process.toHandle().destroy();

      assertThat(output.lines().toList()).anySatisfy(line -> assertThat(line).contains("draining"));
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private Run quickstart(String... arguments) throws Exception {
    Process process = start(arguments);
    process.getOutputStream().close();
    try (InputStream output = process.getInputStream()) {
      String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(text).isTrue();
      return new Run(process.exitValue(), text);
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Duser.language=en");
    command.add("--module-path");
    command.add(jar() + File.pathSeparator + TARGET.resolve("lib"));
    command.add("--module");
    command.add("dev.missive.examples.quickstart/" + Quickstart.class.getName());
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
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
