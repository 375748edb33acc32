package dev.missive.examples.customadapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.contract.Lab;
import dev.missive.testkit.contract.OrderClauses;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * The mutant of clause O03. The others live in conformance/ and are made of the in-memory broker,
 * whose backlog is in the heap of its clients: there is no such clause.
 */
@Tag("mutant")
final class BacklogMutantTest {
  @Test
  void a_client_that_takes_more_than_it_has_room_for_is_caught() throws Exception {
    List<TestExecutionResult> results = new ArrayList<>();
    LauncherConfig config =
        LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();

    LauncherFactory.create(config)
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(
                    DiscoverySelectors.selectMethod(
                        GreedyJournalContract.class,
                        OrderClauses.class.getMethod("backlog", Lab.class)))
                .build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  results.add(result);
                }
              }
            });

    assertThat(results)
        .singleElement()
        .satisfies(
            result ->
                assertThat(result.getThrowable())
                    .containsInstanceOf(AssertionError.class)
                    .hasValueSatisfying(
                        thrown -> assertThat(thrown).hasMessageContaining("OutOfMemoryError")));
  }
}
