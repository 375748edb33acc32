package dev.missive.examples.quickstart;

import dev.missive.ConsumerState;
import dev.missive.Counters;
import dev.missive.Health;
import dev.missive.Messaging;
import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.stream.Collectors;

/** Shows once a second how far the job is. */
final class Progress implements AutoCloseable {
  private static final long INTERVAL_MILLIS = 1000;

  private final Messaging messaging;
  private final String topic;
  private final String group;
  private final Ledger ledger;
  private final PrintStream out;
  private final boolean terminal = terminal();
  private final Thread thread = new Thread(this::run, "quickstart-progress");
  private long lastHandled;
  private volatile boolean closed;

  Progress(Messaging messaging, String topic, String group, Ledger ledger, PrintStream out) {
    this.messaging = messaging;
    this.topic = topic;
    this.group = group;
    this.ledger = ledger;
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
    Health health = messaging.health();
    Counters.Subscription now = messaging.counters().of(topic, group);
    long rate = now.acked() - lastHandled;
    lastHandled = now.acked();
    String line =
        String.format(
            Locale.ROOT,
            "read %,d  handled %,d (%,d/s)  in flight %,d  retried %,d  dead-lettered %,d  connection %s%s",
            ledger.read(),
            now.acked(),
            rate,
            now.held(),
            now.failedRuns(),
            now.deadLettered(),
            health.connection().state(),
            consumer(health));
    out.print(terminal ? "\r" + line + "  " : line + System.lineSeparator());
    out.flush();
  }

  /** From JDK 22 on there may be a console without a terminal; it knows, JDK 17 cannot ask it. */
  private static boolean terminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }

  /** Nothing while all is well. */
  private static String consumer(Health health) {
    return health.consumers().stream()
        .filter(consumer -> consumer.state() != ConsumerState.RUNNING)
        .map(consumer -> "  consumer " + consumer.state() + ": " + consumer.reason())
        .collect(Collectors.joining());
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
