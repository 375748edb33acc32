package dev.missive.examples.quickstart;

import dev.missive.Counters;
import dev.missive.Messaging;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Shows once a second how far the job is. */
final class Progress implements AutoCloseable {
  private static final long INTERVAL_MILLIS = 1000;

  private final Messaging messaging;
  private final String topic;
  private final String group;
  private final AtomicLong read;
  private final PrintStream out;
  private final boolean terminal = System.console() != null;
  private final Thread thread = new Thread(this::run, "quickstart-progress");
  private long lastHandled;
  private volatile boolean closed;

  Progress(Messaging messaging, String topic, String group, AtomicLong read, PrintStream out) {
    this.messaging = messaging;
    this.topic = topic;
    this.group = group;
    this.read = read;
    this.out = out;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!closed) {
      synchronized (this) {
        try {
          wait(INTERVAL_MILLIS);
        } catch (InterruptedException e) {
          return;
        }
      }
      if (!closed) {
        show();
      }
    }
  }

  private void show() {
    Counters.Subscription now = messaging.counters().of(topic, group);
    long rate = now.acked() - lastHandled;
    lastHandled = now.acked();
    String line =
        String.format(
            Locale.ROOT,
            "read %,d  handled %,d (%,d/s)  in flight %,d  retried %,d  dead-lettered %,d  connection %s",
            read.get(),
            now.acked(),
            rate,
            now.held(),
            now.failedRuns(),
            now.deadLettered(),
            messaging.health().connection().state());
    out.print(terminal ? "\r" + line + "  " : line + System.lineSeparator());
    out.flush();
  }

  @Override
  public void close() {
    closed = true;
    synchronized (this) {
      notifyAll();
    }
    if (terminal) {
      out.println();
    }
  }
}
