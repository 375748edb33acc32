package dev.missive.conformance;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What is logged until this is closed, as people see it. Thread-safe. */
final class LogLines extends Handler implements AutoCloseable {
  // Held, or it might be forgotten with what listens to it.
  private final Logger root = Logger.getLogger("");
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final BooleanSupplier wanted;

  /** Asks {@code wanted} on the thread that logs, which may be one of another test. */
  LogLines(BooleanSupplier wanted) {
    this.wanted = wanted;
    setLevel(Level.ALL);
    root.addHandler(this);
  }

  Queue<String> lines() {
    return lines;
  }

  @Override
  public void publish(LogRecord line) {
    if (wanted.getAsBoolean()) {
      lines.add(new SimpleFormatter().format(line));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    root.removeHandler(this);
  }
}
