package dev.missive.benchmarks;

import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.LiveBroker;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures Missive beside the brokers' own clients and prints a table. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    version = "Missive benchmarks 0.1",
    sortOptions = false,
    description = {
      "Measures Missive beside each broker's own client doing the same with the same guarantees, in pairs, and prints a table in Markdown. See docs/benchmarks.md.",
      "A broker is taken from RABBITMQ_URL, KAFKA_BROKERS or NATS_URL; where that is not set, a private one is started. One named there keeps the topics benchmarks.raw and benchmarks.missive, on Kafka also benchmarks.by-key.raw and benchmarks.by-key.missive; run nothing else on them."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:everything was measured, whatever the figures are",
      "1:a row says FAILED: messages were lost, repeated or refused",
      "2:wrong arguments, or the report could not be written",
      "3:a broker cannot be used"
    })
final class Bench implements Callable<Integer> {
  private static final int FAILED = 1;
  private static final int BAD_ARGUMENTS = 2;
  private static final int NO_BROKER = 3;
  private static final int LEAST_MESSAGES = 100;
  private static final int PATIENCE = 90;
  private static final int PAIRS = 10;
  private static final int WARM_UPS = 3;
  private static final int QUICK_PAIRS = 3;
  private static final int QUICK_MESSAGES = 2000;

  @Option(
      names = "--broker",
      paramLabel = "NAME",
      description = "rabbitmq, kafka, nats, memory (the runtime alone) or all. Default: all.")
  String broker = "all";

  @Option(
      names = "--pairs",
      paramLabel = "N",
      description =
          "How often both sides do the same; at least 10 for figures to quote. Default: 10.")
  @Nullable Integer pairs;

  @Option(
      names = "--messages",
      paramLabel = "N",
      description =
          "How many messages each time, at least 100. Default: 20000 for rabbitmq and nats, 50000 for kafka, 300000 for memory.")
  @Nullable Integer messages;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "Messages a second where latency is measured. Default: 2000.")
  int rate = 2000;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Handlers where there is more than one. Default: 8.")
  int concurrency = 8;

  @Option(
      names = "--quick",
      description = "3 pairs of 2000 messages: shows that it works, not how fast it is.")
  boolean quick;

  @Option(
      names = "--write",
      arity = "0..1",
      paramLabel = "FILE",
      fallbackValue = "docs/benchmarks.md",
      description = "Puts the tables into the report too, docs/benchmarks.md if no FILE is named.")
  @Nullable Path write;

  @Spec @Nullable CommandSpec spec;

  private final PrintStream out;
  private final PrintStream progress;

  private Bench(PrintStream out, PrintStream progress) {
    this.out = out;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @param args see --help
   */
  public static void main(String[] args) {
    System.exit(execute(System.out, System.err, args));
  }

  /**
   * Runs it and gives the exit code.
   *
   * @param out gets the tables
   * @param progress gets what is said meanwhile, and why it failed
   */
  static int execute(PrintStream out, PrintStream progress, String... args) {
    // The clients of the brokers tell a lot.
    Logger.getLogger("").setLevel(Level.WARNING);
    return new CommandLine(new Bench(out, progress))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(progress, true))
        .execute(args);
  }

  @Override
  public Integer call() throws InterruptedException {
    List<Target> targets = targets();
    check();
    boolean failed = false;
    for (Target target : targets) {
      Report report;
      try {
        Load load = load(target);
        report = new Report(target, load, sections(target, load));
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        progress.println("bench: " + target.id() + " cannot be used: " + e.getMessage());
        return NO_BROKER;
      }
      out.println(report.markdown());
      failed |= report.failed();
      try {
        if (write != null) {
          report.writeTo(write);
        }
      } catch (IOException e) {
        progress.println("bench: the report was not written: " + e.getMessage());
        return BAD_ARGUMENTS;
      }
    }
    return failed ? FAILED : 0;
  }

  private List<Target> targets() {
    if (broker.equals("all")) {
      return List.of(Target.values());
    }
    for (Target target : Target.values()) {
      if (target.id().equals(broker)) {
        return List.of(target);
      }
    }
    throw wrong("--broker was \"" + broker + "\" but must be rabbitmq, kafka, nats, memory or all");
  }

  private void check() {
    atLeast("--pairs", pairs, 1);
    atLeast("--messages", messages, LEAST_MESSAGES);
    atLeast("--rate", rate, 1);
    atLeast("--concurrency", concurrency, 2);
  }

  private void atLeast(String option, @Nullable Integer value, int least) {
    if (value != null && value < least) {
      throw wrong(option + " was " + value + " but must be at least " + least);
    }
  }

  private ParameterException wrong(String problem) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), problem);
  }

  private Load load(Target target) {
    return new Load(
        pairs != null ? pairs : quick ? QUICK_PAIRS : PAIRS,
        quick ? 1 : WARM_UPS,
        messages != null ? messages : quick ? QUICK_MESSAGES : target.messages,
        rate,
        concurrency,
        PATIENCE);
  }

  private List<Section> sections(Target target, Load load) throws Exception {
    BrokerOptions options = target.options;
    if (options == null) {
      return new RuntimeAlone(load, progress).sections();
    }
    progress.println(target.id() + ": starting ...");
    try (LiveBroker live = options.start()) {
      return new Arena(live, load, progress).sections();
    }
  }
}
