package dev.missive.testkit.contract;

import dev.missive.spi.BrokerProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes what a run proved, clause by clause, to {@code target/conformance.json} and {@code
 * target/conformance.md}. A clause is what a test's display name starts with; one without a test is
 * {@code missing}. Found by the JUnit launcher; runs with fewer than two clauses write nothing. A
 * test that runs again under the same launcher counts as it ended last.
 *
 * @since 0.1
 */
public final class ConformanceReport implements TestExecutionListener {
  private static final String NOBODY = "";

  private static final String MEMORY = "memory";

  private final Map<String, Verdicts> brokers = new ConcurrentHashMap<>();
  private final Map<String, String> brokerOf = new ConcurrentHashMap<>();
  private final Map<String, String> started = new ConcurrentHashMap<>();

  private final Path target;
  private final Supplier<List<String>> adapters;

  /** Made by the launcher. */
  public ConformanceReport() {
    this(
        Path.of("target"),
        () -> Spi.found().map(BrokerProvider::name).filter(name -> !name.equals(MEMORY)).toList());
  }

  /**
   * Makes one.
   *
   * @param target where it is written
   * @param adapters those on the class path but for the in-memory broker; asked only for a report
   */
  ConformanceReport(Path target, Supplier<List<String>> adapters) {
    this.target = target;
    this.adapters = adapters;
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    started.put(test.getUniqueId(), "" + System.nanoTime());
  }

  @Override
  public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
    Map<String, String> values = entry.getKeyValuePairs();
    String broker = values.get("missive.broker");
    if (broker != null) {
      brokerOf.put(test.getUniqueId(), broker);
    }
    Verdicts verdicts = verdicts(test);
    String version = values.get("missive.version");
    if (version != null) {
      verdicts.version(version);
    }
    for (String what : new String[] {"part", "killed"}) {
      String note = values.get("missive." + what);
      if (note != null) {
        ids(test, id -> verdicts.note(id, what.equals("part") ? note : what + " " + note));
      }
    }
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (!test.isTest()) {
      return;
    }
    long began = Long.parseLong(started.getOrDefault(test.getUniqueId(), "" + System.nanoTime()));
    long millis = (System.nanoTime() - began) / 1_000_000;
    String message =
        result.getThrowable().map(Throwable::getMessage).map(Objects::toString).orElse("");
    ids(
        test,
        id -> {
          Verdicts verdicts = verdicts(test);
          switch (result.getStatus()) {
            case SUCCESSFUL ->
                verdicts.add(id, test.getUniqueId(), Verdicts.Verdict.PROVEN, "", millis);
            case ABORTED -> verdicts.aborted(id, test.getUniqueId(), message, millis);
            case FAILED ->
                verdicts.add(id, test.getUniqueId(), Verdicts.Verdict.FAILED, "", millis);
          }
        });
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    ids(
        test,
        id ->
            verdicts(test)
                .add(id, test.getUniqueId(), Verdicts.Verdict.MISSING, "skipped: " + reason, 0));
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    Verdicts shared = brokers.remove(NOBODY);
    if (shared != null && shared.size() > 0) {
      brokers.computeIfAbsent(owner(), name -> new Verdicts()).addAll(shared);
    }
    try {
      write();
    } catch (IOException e) {
      throw new UncheckedIOException("the conformance report was not written", e);
    }
  }

  /**
   * Whose the tests are that name no broker: those that gave up before they had one are the
   * adapter's of this module, those of the runtime ran on the only broker or in memory.
   */
  private String owner() {
    List<String> found = adapters.get();
    if (found.size() == 1) {
      return found.get(0);
    }
    return brokers.size() == 1 ? brokers.keySet().iterator().next() : MEMORY;
  }

  private void write() throws IOException {
    brokers.values().removeIf(verdicts -> verdicts.size() < 2);
    if (brokers.isEmpty()) {
      return;
    }
    Files.createDirectories(target);
    for (Map.Entry<String, Verdicts> broker : new TreeMap<>(brokers).entrySet()) {
      String name = brokers.size() == 1 ? "conformance" : "conformance-" + broker.getKey();
      ReportText text =
          new ReportText(broker.getKey(), broker.getValue(), clauses(broker.getValue()));
      Files.writeString(target.resolve(name + ".json"), text.json());
      Files.writeString(target.resolve(name + ".md"), text.markdown());
    }
  }

  /**
   * Ids and promises, in the order of docs/contract.md, without those of later waves. The clauses
   * of the runtime are no adapter's: they count where some of them ran. Those of the kit count one
   * by one: some run on every adapter.
   */
  private static Map<String, String> clauses(Verdicts verdicts) {
    List<Clause> all = Clause.all();
    Set<String> parts =
        all.stream()
            .filter(clause -> verdicts.has(clause.id()))
            .map(Clause::part)
            .collect(Collectors.toSet());
    parts.add("A");
    Map<String, String> clauses = new LinkedHashMap<>();
    all.stream()
        .filter(clause -> parts.contains(clause.part()) && !clause.level().equals("later"))
        .filter(clause -> !clause.part().equals("C") || verdicts.has(clause.id()))
        .forEach(clause -> clauses.put(clause.id(), clause.promise()));
    return clauses;
  }

  private Verdicts verdicts(TestIdentifier test) {
    String broker = brokerOf.getOrDefault(test.getUniqueId(), NOBODY);
    return brokers.computeIfAbsent(broker, name -> new Verdicts());
  }

  private static void ids(TestIdentifier test, Consumer<String> action) {
    if (!test.getTags().contains(TestTag.create("mutant"))) {
      Clause.idsOf(test.getDisplayName()).forEach(action);
    }
  }
}
