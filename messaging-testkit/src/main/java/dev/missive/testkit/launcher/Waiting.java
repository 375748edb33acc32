package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Waits for a broker, with an end, and says what the broker said. */
final class Waiting {
  private static final long PAUSE_NANOS = 25_000_000;
  private static final int LINES = 30;

  private Waiting() {}

  static void until(BrokerNode node, Probe probe, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      Forked process = node.process();
      if (process == null || !process.alive()) {
        String exit = process == null ? "not started" : "exit code " + process.exitCode();
        throw failed(node, "is not running (" + exit + ")", null);
      }
      try {
        probe.check();
        return;
      } catch (IOException e) {
        if (System.nanoTime() - end > 0) {
          throw failed(
              node, "is not ready after " + patience.toSeconds() + " s: " + e.getMessage(), e);
        }
      }
      if (Thread.currentThread().isInterrupted()) {
        throw failed(node, "was not waited for: the thread was interrupted", null);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  static String tail(Path log, int lines) {
    if (!Files.exists(log)) {
      return "";
    }
    try {
      // Brokers print what is not always UTF-8.
      List<String> all =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException e) {
      return "(its log cannot be read: " + e.getMessage() + ")";
    }
  }

  private static MessagingException failed(
      BrokerNode node, String problem, @Nullable Exception cause) {
    return new MessagingException(
        ErrorCode.BROKER_UNREACHABLE,
        "The broker process "
            + node.name()
            + " on port "
            + node.port()
            + " "
            + problem
            + ". The end of its log:\n"
            + node.log(LINES)
            + "\n",
        cause);
  }
}
