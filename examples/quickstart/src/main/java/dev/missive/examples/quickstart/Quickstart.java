package dev.missive.examples.quickstart;

import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.DrainReport;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.RetryPolicy;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Publishes every record of a file, handles it by type, and shows that the count adds up. */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    version = "Missive quickstart 0.1",
    sortOptions = false,
    description = {
      "Publishes records, one JSON object a line, and handles them by type: with retries, dead letters, live progress and a drain at the end.",
      "Without --input it takes the 1,707 seismic events that come with it. Ctrl-C drains and reports too.",
      "./run quickstart also takes --start-broker: a broker of its own, whatever the environment names."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:read = handled + dead-lettered, or interrupted and drained",
      "1:the count does not add up",
      "2:wrong arguments or unreadable input",
      "3:the broker cannot be used"
    })
public final class Quickstart implements Callable<Integer> {
  private static final int WRONG_COUNT = 1;
  private static final int BAD_INPUT = 2;
  private static final int NO_BROKER = 3;
  private static final Duration DRAIN = Duration.ofSeconds(30);
  private static final long POLL_MILLIS = 20;

  @Option(
      names = "--broker",
      paramLabel = "NAME",
      description = "Adapter on the class path: memory, rabbitmq, kafka, nats. Default: memory.")
  String broker = "memory";

  @Option(
      names = "--input",
      paramLabel = "FILE|-",
      description = "Records, one JSON object a line; - reads standard input.")
  @Nullable String input;

  @Option(
      names = "--topic",
      paramLabel = "NAME",
      description = "Topic. Default: quickstart.events.")
  String topic = "quickstart.events";

  @Option(
      names = "--group",
      paramLabel = "NAME",
      description = "Consumer group. Default: quickstart.")
  String group = "quickstart";

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "How many handlers run at the same time. Default: 8.")
  int concurrency = 8;

  @Option(names = "--steady", description = "Handlers do not fail now and then.")
  boolean steady;

  private final PrintStream out = System.out;
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong unpublished = new AtomicLong();
  private final ConcurrentLinkedQueue<String> publishErrors = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean reported = new AtomicBoolean();

  /**
   * Runs it.
   *
   * @param args see --help
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Quickstart()).execute(args));
  }

  @Override
  public Integer call() {
    try (Records records = Records.open(input, topic)) {
      return run(records);
    } catch (IOException e) {
      System.err.println("quickstart: cannot read the input: " + e.getMessage());
      return BAD_INPUT;
    } catch (MessagingException e) {
      System.err.println("quickstart: " + e.getMessage());
      return NO_BROKER;
    }
  }

  private int run(Records records) throws IOException {
    Messaging messaging =
        Messaging.builder().setting("broker", broker).setting("connect.fail-fast", "true").open();
    Events events = new Events(!steady);
    Consumer consumer =
        messaging
            .consumer(topic)
            .group(group)
            .concurrency(concurrency)
            .retry(
                RetryPolicy.exponential(Duration.ofMillis(200), Duration.ofSeconds(5))
                    .maxAttempts(4))
            .handler(events.on(messaging.router()))
            .build();
    Thread hook = new Thread(() -> interrupted(messaging, events), "quickstart-shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      out.printf(
          "Publishing to %s on %s, handling in group %s with %d handlers%n",
          topic, broker, group, concurrency);
      try (Progress progress = new Progress(messaging, topic, group, read, out)) {
        progress.start();
        publish(records, messaging.producer());
        awaitHandled(messaging);
      }
      List<DrainReport> reports = messaging.close(DRAIN);
      return report(messaging, events, reports);
    } catch (CompletionException e) {
      throw e.getCause() instanceof MessagingException ours ? ours : e;
    } finally {
      messaging.close(Duration.ZERO);
      removeHook(hook);
    }
  }

  private void publish(Records records, Producer producer) throws IOException {
    for (Message message = records.next(); message != null; message = records.next()) {
      read.incrementAndGet();
      CompletionStage<?> sent = producer.publishAsync(message);
      sent.whenComplete(
          (receipt, error) -> {
            if (error != null) {
              unpublished.incrementAndGet();
              publishErrors.add(
                  String.valueOf(error instanceof PublishException ? error.getMessage() : error));
            }
          });
    }
    producer.flush();
  }

  private void awaitHandled(Messaging messaging) {
    synchronized (this) {
      try {
        while (settled(messaging.counters().of(topic, group)) + unpublished.get() < read.get()) {
          wait(POLL_MILLIS);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static long settled(Counters.Subscription counts) {
    return counts.acked() + counts.deadLettered() + counts.dropped();
  }

  private int report(Messaging messaging, Events events, List<DrainReport> reports) {
    if (!reported.compareAndSet(false, true)) {
      return 0;
    }
    Counters.Subscription counts = messaging.counters().of(topic, group);
    publishErrors.stream()
        .distinct()
        .limit(3)
        .forEach(error -> out.println("not published: " + error));
    out.println("handled by type: " + events.handled());
    for (DrainReport report : reports) {
      out.printf(
          "drain: received %,d = acked %,d + retried %,d + dead-lettered %,d + dropped %,d + returned %,d + abandoned %d, in %d ms%n",
          report.received(),
          report.acked(),
          report.retried(),
          report.deadLettered(),
          report.dropped(),
          report.returned(),
          report.abandoned().size(),
          report.took().toMillis());
    }
    long missing = read.get() - counts.acked() - counts.deadLettered();
    boolean adds = missing == 0;
    out.printf(
        "read %,d %s handled %,d + dead-lettered %,d%n",
        read.get(), adds ? "=" : "!=", counts.acked(), counts.deadLettered());
    if (!adds) {
      out.printf(
          "the other %,d: %,d not published, the rest wait at the broker%n",
          missing, unpublished.get());
    }
    return adds ? 0 : WRONG_COUNT;
  }

  /** Ctrl-C: drain, report, and leave with 0 because nothing was lost. */
  private void interrupted(Messaging messaging, Events events) {
    if (reported.get()) {
      return;
    }
    out.println();
    out.println("interrupted: draining");
    report(messaging, events, messaging.close(DRAIN));
    out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The hook is running: it ends the process.
    }
  }
}
