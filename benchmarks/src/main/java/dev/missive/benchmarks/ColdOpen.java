package dev.missive.benchmarks;

import dev.missive.ConnectionState;
import dev.missive.Messaging;
import dev.missive.testkit.MemoryBroker;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The first {@code open()} of a JVM, each in a JVM of its own that has the API, the runtime with
 * its JSON library and the in-memory broker on its class path, and no client of a broker.
 */
final class ColdOpen {
  private static final double LOWER_QUARTILE = 25;
  private static final double UPPER_QUARTILE = 75;
  private static final double NANOS_A_MILLI = 1_000_000;
  private static final List<String> JSON =
      List.of(
          "tools.jackson.databind.ObjectMapper",
          "tools.jackson.core.JsonParser",
          "com.fasterxml.jackson.annotation.JsonInclude");
  private static final Aim MILLIS = Aim.atMost(150);

  private ColdOpen() {}

  /** The measured JVM: prints how many nanoseconds it took. */
  public static void main(String[] args) {
    long began = System.nanoTime();
    try (Messaging messaging = Messaging.builder().setting("broker", "memory").open()) {
      long nanos = System.nanoTime() - began;
      if (messaging.health().connection().state() != ConnectionState.NEW) {
        throw new IllegalStateException("it has connected, which is not what is measured");
      }
      System.out.println(nanos);
    }
  }

  /** The median of as many JVMs as the load has pairs. */
  static Row row(Load load) throws IOException, InterruptedException {
    double[] millis = new double[load.pairs()];
    for (int i = 0; i < millis.length; i++) {
      millis[i] = nanos() / NANOS_A_MILLI;
    }
    double median = Math.rint(Statistics.median(millis));
    String middle =
        number(Statistics.percentile(millis, LOWER_QUARTILE))
            + " to "
            + number(Statistics.percentile(millis, UPPER_QUARTILE));
    return new Row(
        "open(), cold", "ms", "", number(median), "", middle, MILLIS.verdict(median), false);
  }

  private static long nanos() throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(List.of(java, "-cp", classPath(), ColdOpen.class.getName()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line = output.readLine();
      if (process.waitFor() != 0 || line == null) {
        throw new IOException("the JVM that was to open() ended with " + process.exitValue());
      }
      return Long.parseLong(line);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String classPath() throws IOException {
    Class<?> runtime = Messaging.builder().getClass();
    List<Class<?>> parts =
        new ArrayList<>(List.of(Messaging.class, runtime, MemoryBroker.class, ColdOpen.class));
    for (String name : JSON) {
      parts.add(type(name));
    }
    return parts.stream()
        .map(part -> Jar.file(part).toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static Class<?> type(String name) throws IOException {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IOException("the runtime needs " + name, e);
    }
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }
}
