package dev.missive.examples.quickstart;

import dev.missive.Counters;
import dev.missive.DrainReport;
import dev.missive.Messaging;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Says at the end what became of every record. Thread-safe: the end of the job and Ctrl-C may meet,
 * and one of them prints.
 */
final class Report {
  private static final int REASONS = 3;
  private static final int FRAMES = 8;

  private final Messaging messaging;
  private final String topic;
  private final String group;
  private final Ledger ledger;
  private final Events events;
  private final PrintStream out;
  private @Nullable Boolean adds;

  Report(
      Messaging messaging,
      String topic,
      String group,
      Ledger ledger,
      Events events,
      PrintStream out) {
    this.messaging = messaging;
    this.topic = topic;
    this.group = group;
    this.ledger = ledger;
    this.events = events;
    this.out = out;
  }

  synchronized boolean printed() {
    return adds != null;
  }

  /** Prints it, unless that was done; true if the count adds up. */
  synchronized boolean print(List<DrainReport> drained) {
    if (adds == null) {
      Counters.Subscription counts = messaging.counters().of(topic, group);
      ledger.errors().stream()
          .limit(REASONS)
          .forEach(error -> out.println("not published: " + error));
      out.println("handled by type: " + events.handled());
      line("runs of handlers: %,d, of which %,d failed", counts.runs(), counts.failedRuns());
      drained.forEach(this::drain);
      adds = sum(counts);
      out.flush();
    }
    return adds;
  }

  private void drain(DrainReport report) {
    line(
        "drain: received %,d = acked %,d + retried %,d + dead-lettered %,d + dropped %,d + returned %,d + abandoned %d, in %d ms",
        report.received(),
        report.acked(),
        report.retried(),
        report.deadLettered(),
        report.dropped(),
        report.returned(),
        report.abandoned().size(),
        report.took().toMillis());
    for (DrainReport.Abandoned left : report.abandoned()) {
      line("abandoned: the handler of %s did not return, it is at", left.messageId());
      left.stack().stream().limit(FRAMES).forEach(frame -> line("  %s", frame));
    }
  }

  private boolean sum(Counters.Subscription counts) {
    long read = ledger.read();
    long leftOver = ledger.leftOver();
    long missing = read + leftOver - counts.acked() - counts.deadLettered();
    line(
        "read %,d%s %s handled %,d + dead-lettered %,d",
        read,
        leftOver == 0
            ? ""
            : String.format(Locale.ROOT, " + left over by earlier runs %,d", leftOver),
        missing == 0 ? "=" : "!=",
        counts.acked(),
        counts.deadLettered());
    if (missing > 0) {
      line(
          "the other %,d: %,d not published, %s",
          missing,
          ledger.unpublished(),
          ledger.wasTakenByOthers()
              ? "the rest were handled by another run of the same group; give each a --topic of its own"
              : "the rest wait at the broker");
    } else if (missing < 0) {
      line("%,d came twice, as after a lost connection", -missing);
    }
    return missing == 0;
  }

  private void line(String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
  }
}
