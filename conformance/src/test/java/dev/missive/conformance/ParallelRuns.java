package dev.missive.conformance;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Lab;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Part A many times at once on one in-memory broker, without what disturbs it. */
public final class ParallelRuns {
  static final String SHARED = "parallel-" + UUID.randomUUID();
  private static final Duration PATIENCE = Duration.ofMinutes(20);

  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final List<String> passed = new CopyOnWriteArrayList<>();
  private final List<DiscoverySelector> selectors;
  private final Map<String, String> parameters;

  private ParallelRuns(List<DiscoverySelector> selectors, Map<String, String> parameters) {
    this.selectors = selectors;
    this.parameters = parameters;
  }

  /** In real time. */
  static final class Contract implements BrokerContract {
    @Override
    public BrokerUnderTest broker() {
      return BrokerUnderTest.of("memory", Map.of("memory.name", SHARED))
          .readyTimeout(Duration.ofMinutes(2))
          .sessionTimeout(Duration.ZERO);
    }
  }

  /** Runs everything so many times. */
  static ParallelRuns all(int times) {
    return new ParallelRuns(List.of(DiscoverySelectors.selectClass(Contract.class)), Map.of())
        .run(times);
  }

  /**
   * Runs some clauses.
   *
   * @param times how often
   * @param parameters of the kit
   * @param methods their tests
   * @return what came of it
   */
  public static ParallelRuns some(int times, Map<String, String> parameters, String... methods) {
    List<DiscoverySelector> selectors = new ArrayList<>();
    Arrays.stream(methods)
        .map(name -> DiscoverySelectors.selectMethod(Contract.class, name, Lab.class.getName()))
        .forEach(selectors::add);
    return new ParallelRuns(selectors, parameters).run(times);
  }

  /**
   * What failed.
   *
   * @return test and reason; empty if nothing did
   */
  public List<String> failures() {
    return failures;
  }

  List<String> passed() {
    return passed;
  }

  private ParallelRuns run(int times) {
    List<Thread> runs = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      Thread run = new Thread(this::run, "contract-" + i);
      run.setDaemon(true);
      runs.add(run);
      run.start();
    }
    Eventually.await("all runs", PATIENCE, () -> runs.stream().noneMatch(Thread::isAlive));
    return this;
  }

  private void run() {
    LauncherConfig config =
        LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
    LauncherFactory.create(config)
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectors)
                .filters(TagFilter.excludeTags("fault", "alone"))
                .configurationParameter("junit.jupiter.execution.timeout.mode", "disabled")
                .configurationParameters(parameters)
                .build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                switch (result.getStatus()) {
                  case FAILED ->
                      failures.add(
                          test.getDisplayName() + ": " + result.getThrowable().orElseThrow());
                  case SUCCESSFUL -> {
                    if (test.isTest()) {
                      passed.add(test.getDisplayName());
                    }
                  }
                  // Not possible here: neither.
                  case ABORTED -> {}
                }
              }
            });
  }
}
