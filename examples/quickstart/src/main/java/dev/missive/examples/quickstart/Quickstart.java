package dev.missive.examples.quickstart;

import dev.missive.Consumer;
import dev.missive.DrainReport;
import dev.missive.ErrorCode;
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
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.core.JsonPointer;

/** Publishes every record of a file, handles it by type, and shows that the count adds up. */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    version = "Missive quickstart 0.1",
    sortOptions = false,
    description = {
      "Publishes records, one JSON object a line, and handles them by type: with retries, dead letters, live progress and a drain at the end.",
      "Without --input it takes the 1,707 seismic events that come with it. Ctrl-C drains and reports too; "
          + "what then still waits at a real broker is handled by the next run, which names it apart.",
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
  private static final long POLL_MILLIS = 20;

  /** Longer than any wait between two attempts, so that nothing is missed that is still to come. */
  private static final Duration QUIET = Duration.ofSeconds(10);

  @Option(
      names = "--broker",
      paramLabel = "NAME",
      description = "Adapter on the class path: memory, rabbitmq, kafka, nats. Default: memory.")
  String broker = "memory";

  @Option(
      names = "--input",
      paramLabel = "FILE|-",
      description =
          "Records, one JSON object a line; - reads standard input. "
              + "The text at /properties/type, else at /type, is the type of the message.")
  @Nullable String input;

  @Option(
      names = "--key",
      paramLabel = "POINTER",
      converter = Pointer.class,
      description =
          "JSON pointer to the key of a record, a text or a number; records of one key are handled one after another, "
              + "those without one as handlers are free. Default: /properties/net, the seismic network.")
  JsonPointer key = Records.NETWORK;

  @Option(
      names = "--topic",
      paramLabel = "NAME",
      description =
          "Topic. Two runs at the same time need two, or each handles records of the other. Default: quickstart.events.")
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

  @Option(
      names = "--drain",
      paramLabel = "SECONDS",
      description = "How long handlers that run may take to end, before an interrupt. Default: 30.")
  int drainSeconds = 30;

  @Option(names = "--steady", description = "Handlers do not fail now and then.")
  boolean steady;

  @Option(
      names = "--stuck",
      description =
          "The first handler never returns: the others go on, and Ctrl-C leaves it behind and names it.")
  boolean stuck;

  /** After so long without any progress the broker is asked whether anything is left to come. */
  Duration quiet = QUIET;

  private final PrintStream out;
  private final PrintStream errors;
  private final Ledger ledger = new Ledger();
  private volatile boolean interrupted;

  Quickstart(PrintStream out, PrintStream errors) {
    this.out = out;
    this.errors = errors;
  }

  /**
   * Runs it.
   *
   * @param args see --help
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Quickstart(System.out, System.err)).execute(args));
  }

  @Override
  public Integer call() {
    if (drainSeconds < 0) {
      errors.println("quickstart: --drain was " + drainSeconds + " but must be at least 0");
      return BAD_INPUT;
    }
    try (Records records = Records.open(input, topic, key)) {
      return run(records);
    } catch (IOException e) {
      errors.println("quickstart: cannot read the input: " + e.getMessage());
      return BAD_INPUT;
    } catch (MessagingException e) {
      explain(e);
      boolean arguments =
          e.code() == ErrorCode.NAME_INVALID || e.code() == ErrorCode.CONFIG_INVALID;
      return arguments ? BAD_INPUT : NO_BROKER;
    }
  }

  private void explain(MessagingException e) {
    errors.println("quickstart: " + e.getMessage());
    // The adapter knows the address.
    if (e.getCause() instanceof MessagingException why) {
      errors.println("quickstart: because of " + why.getMessage());
    }
    if (e.code() == ErrorCode.BROKER_UNREACHABLE && !broker.equals("memory")) {
      errors.printf(
          "quickstart: without a broker of your own: ./run quickstart --broker %s --start-broker%n",
          broker);
    }
  }

  private int run(Records records) throws IOException {
    Messaging messaging =
        Messaging.builder().setting("broker", broker).setting("connect.fail-fast", "true").open();
    try {
      Events events = new Events(!steady, stuck);
      Consumer consumer =
          messaging
              .consumer(topic)
              .group(group)
              .concurrency(concurrency)
              .retry(
                  RetryPolicy.exponential(Duration.ofMillis(200), Duration.ofSeconds(5))
                      .maxAttempts(4))
              .handler(ledger.noting(events.on(messaging.router())))
              .build();
      Report report = new Report(messaging, topic, group, ledger, events, out);
      return run(records, messaging, consumer, report) ? 0 : WRONG_COUNT;
    } catch (CompletionException e) {
      throw e.getCause() instanceof MessagingException ours ? ours : e;
    } finally {
      messaging.close(Duration.ZERO);
    }
  }

  private boolean run(Records records, Messaging messaging, Consumer consumer, Report report)
      throws IOException {
    Thread hook = new Thread(() -> interrupt(messaging, report), "quickstart-shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      out.printf(
          Locale.ROOT,
          "Publishing to %s on %s, handling in group %s with %d handlers%n",
          topic,
          broker,
          group,
          concurrency);
      try (Progress progress = new Progress(messaging, topic, group, ledger, out)) {
        progress.start();
        publish(records, messaging.producer());
        awaitHandled(messaging);
      }
      return report.print(drain(messaging));
    } finally {
      removeHook(hook);
    }
  }

  private void publish(Records records, Producer producer) throws IOException {
    for (Message.Builder record = records.next();
        record != null && !interrupted;
        record = records.next()) {
      producer
          .publishAsync(record.id(ledger.nextId()).build())
          .whenComplete(
              (receipt, error) -> {
                if (error != null) {
                  ledger.unpublished(
                      String.valueOf(
                          error instanceof PublishException ? error.getMessage() : error));
                }
              });
    }
    producer.flush();
  }

  private void awaitHandled(Messaging messaging) {
    Stillness stillness = new Stillness(messaging, topic, group, quiet);
    synchronized (this) {
      try {
        while (!ledger.complete(messaging.counters().of(topic, group))) {
          if (stillness.nothingIsLeft()) {
            ledger.takenByOthers();
            return;
          }
          wait(POLL_MILLIS);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private List<DrainReport> drain(Messaging messaging) {
    return messaging.close(Duration.ofSeconds(drainSeconds));
  }

  /** Ctrl-C: drain, report, and leave with 0 because nothing was lost. */
  private void interrupt(Messaging messaging, Report report) {
    if (report.printed()) {
      return;
    }
    interrupted = true;
    out.println();
    out.println("interrupted: draining");
    report.print(drain(messaging));
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
