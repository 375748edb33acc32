package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Messaging;
import dev.missive.testkit.MemoryBroker;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The in-memory broker is also what people try things out with: it must not need a test library.
 */
final class AloneTest {
  private static final long PATIENCE_SECONDS = 60;

  @TempDir Path folder;

  @Test
  void api_core_and_testkit_run_without_test_libraries() throws Exception {
    String classPath =
        ClassPath.of(
                Messaging.class, // messaging-api
                Messaging.builder().getClass(), // messaging-core
                MemoryBroker.class, // messaging-testkit
                Alone.class)
            .map(ClassPath::file)
            .collect(Collectors.joining(File.pathSeparator));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Path output = folder.resolve("output");

    Process process =
        new ProcessBuilder(java, "-cp", classPath, Alone.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();

    try {
      boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(ended).as(Files.readString(output)).isTrue();
      assertThat(Files.readString(output)).contains("handled 1");
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
