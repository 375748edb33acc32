package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Which clauses of a contract class run beside each other. */
final class ClauseLocksTest {
  /** How long a test waits for one that must not come. */
  private static final Duration MOMENT = Duration.ofMillis(500);

  private static final String PARALLEL = "junit.jupiter.execution.parallel.";
  private static final Set<String> INSIDE = ConcurrentHashMap.newKeySet();
  private static final List<String> MET = new CopyOnWriteArrayList<>();
  private static volatile CountDownLatch both = new CountDownLatch(2);

  @Test
  void clauses_run_beside_each_other() {
    both = new CountDownLatch(2);

    run("one", "two");

    assertThat(MET).containsExactlyInAnyOrder("one met two", "two met one");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fault", "count", "alone"})
  void what_carries_the_tag_runs_by_itself(String exclusive) {
    both = new CountDownLatch(1);

    run("one", exclusive);

    assertThat(MET).isEmpty();
  }

  private static void run(String... tests) {
    MET.clear();
    List<String> passed = new CopyOnWriteArrayList<>();
    LauncherConfig config =
        LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
    LauncherFactory.create(config)
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(Arrays.stream(tests).map(ClauseLocksTest::select).toList())
                .configurationParameter(PARALLEL + "enabled", "true")
                .configurationParameter(PARALLEL + "config.strategy", "fixed")
                .configurationParameter(PARALLEL + "config.fixed.parallelism", "4")
                .build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest() && result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
                  passed.add(test.getDisplayName());
                }
              }
            });
    assertThat(passed).hasSize(tests.length);
  }

  private static DiscoverySelector select(String test) {
    return DiscoverySelectors.selectMethod(Contract.class, test, TestInfo.class.getName());
  }

  /** A contract whose own tests are like clauses. */
  @Execution(ExecutionMode.CONCURRENT)
  static final class Contract implements BrokerContract {
    @Override
    public BrokerUnderTest broker() {
      throw new UnsupportedOperationException("no clause runs");
    }

    @Test
    void one(TestInfo info) throws InterruptedException {
      both.countDown();
      both.await(20, TimeUnit.SECONDS);
      look(info);
    }

    @Test
    void two(TestInfo info) throws InterruptedException {
      both.countDown();
      both.await(20, TimeUnit.SECONDS);
      look(info);
    }

    @Test
    @Tag("fault")
    void fault(TestInfo info) {
      look(info);
    }

    @Test
    @Tag("count")
    void count(TestInfo info) {
      look(info);
    }

    @Test
    @Tag("alone")
    void alone(TestInfo info) {
      look(info);
    }

    private static void look(TestInfo info) {
      String self = info.getTestMethod().orElseThrow().getName();
      INSIDE.add(self);
      long end = System.nanoTime() + MOMENT.toNanos();
      while (System.nanoTime() - end < 0) {
        INSIDE.stream()
            .filter(other -> !other.equals(self))
            .map(other -> self + " met " + other)
            .filter(pair -> !MET.contains(pair))
            .forEach(MET::add);
        LockSupport.parkNanos(1_000_000);
      }
      INSIDE.remove(self);
    }
  }
}
