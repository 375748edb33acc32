package dev.missive.conformance.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.conformance.NotBuilt;
import dev.missive.testkit.contract.Clause;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * The contract is tested: each clause catches a broken broker, and each broken broker is caught.
 */
@Tag("mutant")
@Isolated("it loads the machine by itself")
final class MutantsTest {
  /** Tests mostly wait for quiet, not for the processor. */
  private static final int THREADS = 3;

  private static final String ONLY = System.getProperty("missive.mutants", "");
  private static final Map<String, Future<Hunt.Control>> CONTROLS = new LinkedHashMap<>();
  private static final Map<String, Future<Verdict>> HUNTS = new LinkedHashMap<>();
  private static ExecutorService pool;

  /** Where failed tests are run once more, only what failed is: the rest stands. */
  @BeforeAll
  static void begin() {
    pool = Executors.newFixedThreadPool(THREADS);
    for (String clause : Hunt.clauses()) {
      if (clause.startsWith(ONLY)) {
        CONTROLS.compute(
            clause,
            (id, before) ->
                holds(before, control -> control.failures().isEmpty())
                    ? before
                    : pool.submit(() -> Hunt.control(clause)));
      }
    }
    Mutants.all()
        .forEach(
            (id, mutant) -> {
              if (mutant.clause().startsWith(ONLY)) {
                HUNTS.compute(
                    id,
                    (same, before) ->
                        holds(before, verdict -> verdict.problem().isEmpty())
                            ? before
                            : pool.submit(() -> Hunt.hunt(id, mutant)));
              }
            });
  }

  private static <T> boolean holds(@Nullable Future<T> ended, Predicate<T> good) {
    try {
      return ended != null && ended.isDone() && good.test(ended.get());
    } catch (ExecutionException | InterruptedException e) {
      return false;
    }
  }

  @AfterAll
  static void end() throws Exception {
    pool.shutdownNow();
    List<Verdict> hunted = new ArrayList<>();
    for (Future<Verdict> hunt : HUNTS.values()) {
      // Those of a test that was not chosen have not run.
      if (hunt.isDone()) {
        hunted.add(hunt.get());
      }
    }
    new MutantTable(List.copyOf(CONTROLS.keySet()), hunted).write();
  }

  @TestFactory
  Stream<DynamicTest> unbroken() {
    return CONTROLS.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    "unbroken " + entry.getKey(),
                    () -> assertThat(entry.getValue().get().failures()).isEmpty()));
  }

  @TestFactory
  Stream<DynamicTest> mutants() {
    return HUNTS.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    "mutant " + entry.getKey() + " " + Mutants.byId(entry.getKey()).defect(),
                    () -> assertCaught(entry.getKey(), entry.getValue().get())));
  }

  private static void assertCaught(String id, Verdict verdict) throws Exception {
    assertThat(verdict.problem()).as("mutant %s, %s", id, Mutants.byId(id).defect()).isEmpty();
    assertThat(CONTROLS.get(verdict.clause()).get().passed())
        .as("tests that the unbroken broker passes, with its setup")
        .contains(Mutants.byId(id).setup() + " " + verdict.test());
  }

  @Test
  void every_clause_has_a_mutant() {
    Set<String> without = new TreeSet<>();
    for (Clause clause : Clause.all()) {
      if (!clause.level().equals("later") && clause.id().startsWith(ONLY)) {
        without.add(clause.id());
      }
    }
    without.removeAll(NotBuilt.CLAUSES.keySet());
    Mutants.all().values().forEach(mutant -> without.remove(mutant.clause()));

    assertThat(without)
        .as("clauses that nothing must be caught by, and those with a reason for that")
        .containsExactlyInAnyOrderElementsOf(excused());
  }

  private static List<String> excused() {
    return Mutants.WITHOUT.keySet().stream().filter(id -> id.startsWith(ONLY)).toList();
  }

  @Test
  void every_mutant_has_a_clause() {
    assertThat(Mutants.all().values())
        .extracting(Mutant::clause)
        .as("clauses of the mutants")
        .isSubsetOf(Hunt.clauses());
  }
}
