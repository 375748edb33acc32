package dev.missive.conformance.mutants;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.contract.Clause;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
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
      List.of(
          MutatedContract.class,
          MutatedRuntime.class,
          MutatedCanary.class,
          MutatedDifferential.class,
          MutatedKit.class);

  private Hunt() {}

  /**
   * What came of a test.
   *
   * @param test its display name
   * @param status as JUnit saw it
   * @param thrown what it threw; null if it passed
   */
  record Trace(String test, TestExecutionResult.Status status, Throwable thrown) {

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

  /** Runs a clause on the unbroken broker, with each setup that its mutants have. */
  static Control control(String clause) {
    Control control = new Control(new HashSet<>(), new ArrayList<>());
    Set<Setup> setups = EnumSet.of(Setup.PLAIN);
    Mutants.of(clause).forEach(mutant -> setups.add(mutant.setup()));
    for (Setup setup : setups) {
      for (ClauseTest test : testsOf(clause)) {
        control.add(setup, test.on(Mutants.UNBROKEN + setup));
      }
    }
    return control;
  }

  /**
   * What came of the unbroken broker.
   *
   * @param passed what passed, as setup and display name
   * @param failures what failed, and how
   */
  record Control(Set<String> passed, List<String> failures) {
    private void add(Setup setup, Trace trace) {
      if (trace.status() == TestExecutionResult.Status.SUCCESSFUL) {
        passed.add(setup + " " + trace.test());
      } else if (trace.status() == TestExecutionResult.Status.FAILED) {
        failures.add("the unbroken broker fails " + trace.test() + ": " + trace.thrown());
      }
    }
  }

  /** Runs the tests of its clause on a mutant until one of them catches it. */
  static Verdict hunt(String id, Mutant mutant) {
    long began = System.nanoTime();
    StringBuilder problem = new StringBuilder("nothing catches it");
    for (ClauseTest test : testsOf(mutant.clause())) {
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
  static List<ClauseTest> testsOf(String clause) {
    List<ClauseTest> tests = new ArrayList<>();
    for (Class<?> contract : CONTRACTS) {
      Arrays.stream(contract.getMethods())
          .filter(method -> isAbout(clause, method))
          .filter(method -> !alone(method))
          .sorted(Comparator.comparing(Method::getName))
          .forEach(method -> tests.add(new ClauseTest(contract, method)));
    }
    return tests;
  }

  /** Every clause of docs/contract.md that has a test here. */
  static List<String> clauses() {
    return Clause.all().stream()
        .map(Clause::id)
        .filter(clause -> !testsOf(clause).isEmpty())
        .sorted()
        .toList();
  }

  private static boolean isAbout(String clause, Method method) {
    DisplayName name = method.getAnnotation(DisplayName.class);
    return name != null && Clause.idsOf(name.value()).contains(clause);
  }

  /** Needs the machine for itself, because it starts a JVM: that one knows no mutant. */
  private static boolean alone(Method method) {
    return Arrays.stream(method.getAnnotationsByType(Tag.class))
        .anyMatch(tag -> tag.value().equals("alone"));
  }

  /** One test method as a class has it. */
  record ClauseTest(Class<?> contract, Method method) {

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
