package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Runs a short command and waits for it. */
final class Shell {
  /** Who a URL logs in as. */
  private static final Pattern CREDENTIALS = Pattern.compile("://[^@/\\s]*@");

  private Shell() {}

  /**
   * Runs it.
   *
   * @return what it printed
   * @throws MessagingException INTERNAL if it fails or does not end in time
   */
  static String run(Duration patience, List<String> command) {
    return run(patience, Path.of("/dev/null"), command);
  }

  /**
   * Runs it.
   *
   * @param input a file that it reads
   * @return what it printed
   * @throws MessagingException INTERNAL if it fails or does not end in time
   */
  static String run(Duration patience, Path input, List<String> command) {
    try {
      // A file: a pipe would have to be read while waiting.
      Path output = Files.createTempFile("missive-command", ".txt");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(input.toFile()))
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
          process.destroyForcibly();
        }
        String text = Files.readString(output, StandardCharsets.UTF_8);
        if (!ended || process.exitValue() != 0) {
          throw failed(command, ended ? "exit " + process.exitValue() : "no end", text);
        }
        return text;
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(command, "interrupted", "");
    }
  }

  private static MessagingException failed(List<String> command, String how, String output) {
    String said = "\"" + String.join(" ", command) + "\" failed (" + how + "): " + output;
    return new MessagingException(ErrorCode.INTERNAL, CREDENTIALS.matcher(said).replaceAll("://"));
  }
}
