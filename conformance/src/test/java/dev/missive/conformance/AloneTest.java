package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The in-memory broker is also what people try things out with: it must not need a test library.
 */
final class AloneTest {
  private static final String TEST_LIBRARIES =
      ".*(junit|opentest4j|apiguardian|assertj|byte-buddy|archunit|testcontainers|surefire).*\\.jar";
  private static final long PATIENCE_SECONDS = 60;

  @Test
  void api_core_and_testkit_run_without_test_libraries() throws Exception {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !Path.of(entry).getFileName().toString().matches(TEST_LIBRARIES))
            .collect(Collectors.joining(File.pathSeparator));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    Process process =
        new ProcessBuilder(java, "-cp", classPath, Alone.class.getName())
            .redirectErrorStream(true)
            .start();

    try (InputStream output = process.getInputStream()) {
      assertThat(new String(output.readAllBytes(), StandardCharsets.UTF_8)).contains("handled 1");
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
