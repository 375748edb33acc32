package dev.missive.conformance;

import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Everything that is logged until this is closed, as people see it. */
final class LogLines extends Handler implements AutoCloseable {
  // Held, or it might be forgotten with what listens to it.
  private final Logger root = Logger.getLogger("");
  private final Consumer<String> lines;

  /** Calls {@code lines} on the thread that logs, which may be one of another test. */
  LogLines(Consumer<String> lines) {
    this.lines = lines;
    setLevel(Level.ALL);
    root.addHandler(this);
  }

  @Override
  public void publish(LogRecord line) {
    lines.accept(new SimpleFormatter().format(line));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    root.removeHandler(this);
  }
}
