package dev.missive.testkit.contract;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A victim in a JVM of its own. What it is told goes through its standard input. */
final class ForkedVictim extends Victim {
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private final Lab lab;
  private final Process process;
  private final PrintStream commands;
  private final Path log;

  /** With a heap of 256 MB. */
  ForkedVictim(Lab lab) {
    this(lab, "256m", "open");
  }

  /**
   * Forks.
   *
   * @param heap the most it may use, as in -Xmx
   * @param how {@code open}, or {@code open-withheld} with results of publishes kept back
   */
  ForkedVictim(Lab lab, String heap, String how) {
    this.lab = lab;
    try {
      this.log = Files.createTempFile("missive-victim", ".log");
      this.process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx" + heap,
                  // It lives for seconds, and several at once.
                  "-XX:TieredStopAtLevel=1",
                  "-XX:+UseSerialGC",
                  // Whatever thread it is that finds none, the client is not to go on without it.
                  "-XX:+ExitOnOutOfMemoryError",
                  "-cp",
                  System.getProperty("java.class.path"),
                  VictimMain.class.getName())
              .redirectError(log.toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("the client that shall be killed did not start", e);
    }
    commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    Thread reader = new Thread(this::read, "missive-kit-victim");
    reader.setDaemon(true);
    reader.start();
    open(how);
  }

  @Override
  String command(String... words) {
    String[] encoded = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      encoded[i] = URLEncoder.encode(words[i], StandardCharsets.UTF_8);
    }
    commands.println(String.join(" ", encoded));
    try {
      String answer = answers.poll(lab.broker().readyTimeout().toMillis(), TimeUnit.MILLISECONDS);
      if (answer == null || answer.startsWith("error ")) {
        throw new AssertionError(
            "the client in process "
                + process.pid()
                + (answer == null ? " did not answer to " : " failed with " + answer + " at ")
                + words[0]
                + log());
      }
      return answer.substring("ok ".length());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  void kill() {
    long pid = process.pid();
    process.destroyForcibly();
    lab.await("the end of process " + pid, () -> !process.isAlive());
    lab.note("killed", "process " + pid);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      Files.deleteIfExists(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void open(String how) {
    Map<String, String> settings = new HashMap<>(lab.broker().settings());
    settings.put("broker", lab.broker().name());
    settings.put("application", lab.application("victim"));
    settings.forEach((key, value) -> command("set", key, value));
    command(how);
  }

  private void read() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String last = "";
      String line = reader.readLine();
      while (line != null) {
        if (line.startsWith(VictimMain.ANSWER)) {
          answers.add(line.substring(VictimMain.ANSWER.length()));
        } else {
          last = line;
        }
        line = reader.readLine();
      }
      answers.add("error it has ended " + last);
    } catch (IOException e) {
      answers.add("error its output ended: " + e.getMessage());
    }
  }

  private String log() {
    try {
      return "\n" + Files.readString(log);
    } catch (IOException e) {
      return "";
    }
  }
}
