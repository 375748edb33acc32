package dev.missive.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import dev.missive.conformance.NotBuilt;
import dev.missive.testkit.contract.Clause;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The clauses of docs/contract.md and the tests that carry their ids belong together. */
final class ContractIdsTest {
  @Test
  void ids_are_unique() {
    assertThat(Clause.all()).isNotEmpty().extracting(Clause::id).doesNotHaveDuplicates();
  }

  @Test
  void every_clause_has_a_test() {
    Set<String> without =
        Clause.all().stream()
            .filter(clause -> !clause.level().equals("later"))
            .map(Clause::id)
            .collect(Collectors.toCollection(TreeSet::new));
    without.removeAll(tested());

    assertThat(without)
        .as("clauses of docs/contract.md without a test, and those said to be not built")
        .containsExactlyInAnyOrderElementsOf(NotBuilt.CLAUSES.keySet());
  }

  @Test
  void every_test_names_clauses_that_exist() {
    Set<String> unknown = tested();
    unknown.removeAll(Clause.all().stream().map(Clause::id).toList());

    assertThat(unknown).as("ids of tests that docs/contract.md does not have").isEmpty();
  }

  /** The ids of all tests here: part A on the in-memory broker, and parts B and C. */
  private static Set<String> tested() {
    TestPlan plan =
        LauncherFactory.create()
            .discover(
                LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectPackage("dev.missive.conformance"))
                    .build());
    Set<String> ids = new TreeSet<>();
    plan.getRoots().stream()
        .flatMap(root -> plan.getDescendants(root).stream())
        .forEach(test -> ids.addAll(Clause.idsOf(test.getDisplayName())));
    return ids;
  }
}
