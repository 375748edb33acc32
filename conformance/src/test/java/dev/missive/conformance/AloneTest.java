package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Messaging;
import dev.missive.testkit.MemoryBroker;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The in-memory broker is also what people try things out with: it must not need a test library.
 */
final class AloneTest {
  private static final long PATIENCE_SECONDS = 60;

  /** One class of each library that the runtime cannot start without. */
  private static final List<String> CORE_NEEDS =
      List.of(
          "tools.jackson.databind.ObjectMapper",
          "tools.jackson.core.JsonParser",
          "com.fasterxml.jackson.annotation.JsonInclude");

  @TempDir Path folder;

  @Test
  void api_core_and_testkit_run_without_test_libraries() throws Exception {
    String classPath =
        Stream.concat(
                Stream.of(
                    Messaging.class, // messaging-api
                    Messaging.builder().getClass(), // messaging-core
                    MemoryBroker.class, // messaging-testkit
                    Alone.class),
                CORE_NEEDS.stream().map(AloneTest::type))
            .map(AloneTest::home)
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

  private static Class<?> type(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String home(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
