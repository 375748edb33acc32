package dev.missive.conformance.mutants;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.contract.ConformanceReport;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the tests of one clause on one mutant, through the JUnit launcher. */
final class Hunt {
  private static final List<Class<?>> CONTRACTS =
      List.of(MutatedContract.class, MutatedRuntime.class, MutatedCanary.class);

  private Hunt() {}

  /**
   * What came of a test.
   *
   * @param test its display name
   * @param status as JUnit saw it
   * @param thrown what it threw; null if it passed
   */
  record Trace(String test, TestExecutionResult.Status status, Throwable thrown) {

    boolean passed() {
      return status == TestExecutionResult.Status.SUCCESSFUL;
    }

    String said() {
      return thrown == null
          ? ""
          : String.valueOf(thrown.getMessage()).replaceAll("\\s+", " ").strip();
    }

    /** It failed with an assertion of its own, not because real time ran out. */
    boolean caught() {
      return thrown instanceof AssertionError && !(thrown instanceof Eventually.Expired);
    }
  }

  /** Runs a clause on the unbroken broker. */
  static Verdict control(String clause) {
    long began = System.nanoTime();
    StringBuilder problem = new StringBuilder();
    Set<Setup> setups = EnumSet.of(Setup.PLAIN);
    Mutants.of(clause).forEach(mutant -> setups.add(mutant.setup()));
    for (Setup setup : setups) {
      for (DiscoveryTest test : testsOf(clause)) {
        Trace trace = test.on(Mutants.UNBROKEN + setup);
        if (trace.status() == TestExecutionResult.Status.FAILED) {
          problem.append("it fails on the unbroken broker: ").append(trace.test());
          problem.append(": ").append(trace.thrown()).append("; ");
        }
      }
    }
    return new Verdict(
        Mutants.UNBROKEN, clause, "", "", "", problem.toString(), millisSince(began));
  }

  /** Runs the tests of its clause on a mutant until one of them catches it. */
  static Verdict hunt(String id, Mutant mutant) {
    long began = System.nanoTime();
    StringBuilder problem = new StringBuilder("nothing catches it");
    for (DiscoveryTest test : testsOf(mutant.clause())) {
      Trace trace = test.on(id);
      if (trace.caught()) {
        return new Verdict(
            id,
            mutant.clause(),
            mutant.defect(),
            trace.test(),
            trace.said(),
            "",
            millisSince(began));
      }
      problem.append("; ").append(trace.test()).append(": ").append(trace.status());
      if (trace.thrown() != null) {
        problem.append(", ").append(trace.thrown());
      }
    }
    return new Verdict(
        id, mutant.clause(), mutant.defect(), "", "", problem.toString(), millisSince(began));
  }

  private static long millisSince(long began) {
    return (System.nanoTime() - began) / 1_000_000;
  }

  /** The tests of a clause, as classes and methods. */
  static List<DiscoveryTest> testsOf(String clause) {
    List<DiscoveryTest> tests = new ArrayList<>();
    for (Class<?> contract : CONTRACTS) {
      Arrays.stream(contract.getMethods())
          .filter(method -> ids(method.getAnnotation(DisplayName.class)).contains(clause))
          .filter(method -> !alone(method))
          .sorted(Comparator.comparing(Method::getName))
          .forEach(method -> tests.add(new DiscoveryTest(contract, method)));
    }
    return tests;
  }

  /** The ids of docs/contract.md. */
  private static Set<String> known() {
    try (InputStream file = ConformanceReport.class.getResourceAsStream("contract.md")) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith("- "))
          .map(line -> line.split(" ")[1])
          .filter(Hunt::isId)
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every clause of docs/contract.md that has a test. */
  static List<String> clauses() {
    return CONTRACTS.stream()
        .flatMap(contract -> Arrays.stream(contract.getMethods()))
        .flatMap(method -> ids(method.getAnnotation(DisplayName.class)).stream())
        .distinct()
        .filter(known()::contains)
        .sorted()
        .toList();
  }

  /** Needs the machine for itself, because it starts a JVM: that one knows no mutant. */
  private static boolean alone(Method method) {
    return method.isAnnotationPresent(Tag.class)
        && method.getAnnotation(Tag.class).value().equals("alone");
  }

  private static List<String> ids(DisplayName name) {
    return name == null
        ? List.of()
        : Arrays.stream(name.value().split(" ")).takeWhile(Hunt::isId).toList();
  }

  private static boolean isId(String word) {
    return word.matches("[A-Z]{1,2}\\d\\d");
  }

  /** One test method as a class has it. */
  record DiscoveryTest(Class<?> contract, Method method) {

    /** Runs it; what listens to all logs of this JVM runs one at a time. */
    Trace on(String mutant) {
      if (contract != MutatedCanary.class) {
        return run(mutant);
      }
      synchronized (MutatedCanary.class) {
        return run(mutant);
      }
    }

    private Trace run(String mutant) {
      LauncherDiscoveryRequest request =
          LauncherDiscoveryRequestBuilder.request()
              .selectors(DiscoverySelectors.selectMethod(contract, method))
              .configurationParameter(MutantParameter.KEY, mutant)
              .build();
      LauncherConfig config =
          LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
      AtomicReference<Trace> trace = new AtomicReference<>();
      LauncherFactory.create(config)
          .execute(
              request,
              new TestExecutionListener() {
                @Override
                public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                  Throwable thrown = result.getThrowable().orElse(null);
                  if (test.isTest() || thrown != null) {
                    trace.compareAndSet(
                        null, new Trace(test.getDisplayName(), result.getStatus(), thrown));
                  }
                }
              });
      return trace.get();
    }
  }
}
