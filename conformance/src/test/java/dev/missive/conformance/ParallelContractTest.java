package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Many runs of the contract at the same time on one broker do not disturb each other. The repeats
 * of the full check leave it out: they run at the same time themselves.
 */
@Tag("parallel")
final class ParallelContractTest {
  private static final int RUNS = Integer.getInteger("missive.contract.parallel", 20);
  private static final Duration PATIENCE = Duration.ofMinutes(8);
  private static final String SHARED = "parallel-" + UUID.randomUUID();

  /** One broker for all runs, in real time; nothing that disturbs it. */
  static final class Contract implements BrokerContract {
    @Override
    public BrokerUnderTest broker() {
      return BrokerUnderTest.of("memory", Map.of("memory.name", SHARED))
          .readyTimeout(Duration.ofMinutes(2))
          .sessionTimeout(Duration.ZERO);
    }
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  @DisplayName("U03 the clauses run 20 times in parallel on one broker without interference")
  void in_parallel() {
    List<String> failures = new CopyOnWriteArrayList<>();
    List<String> passed = new CopyOnWriteArrayList<>();
    List<Thread> runs = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      Thread run = new Thread(() -> run(passed, failures), "contract-" + i);
      run.setDaemon(true);
      runs.add(run);
      run.start();
    }

    Eventually.await("all runs", PATIENCE, () -> runs.stream().noneMatch(Thread::isAlive));
    MemoryBroker.named(SHARED).reset();
    assertThat(failures).isEmpty();
    assertThat(passed).hasSizeGreaterThan(RUNS * 50).hasSize(passed.size() / RUNS * RUNS);
  }

  private static void run(List<String> passed, List<String> failures) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(Contract.class))
            .filters(TagFilter.excludeTags("fault", "alone"))
            .configurationParameter("junit.jupiter.execution.timeout.mode", "disabled")
            .build();
    LauncherConfig config =
        LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
    LauncherFactory.create(config)
        .execute(
            request,
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                  failures.add(test.getDisplayName() + ": " + result.getThrowable().orElseThrow());
                } else if (test.isTest()) {
                  passed.add(test.getDisplayName());
                }
              }
            });
  }
}
