package dev.missive.conformance.mutants;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** All mutants, with their ids: the clause and a number. */
final class Mutants {
  /** Begins the ids of brokers without a defect; the setup follows. */
  static final String UNBROKEN = "unbroken ";

  /** Clauses that no mutant is made for here, and why. */
  static final Map<String, String> WITHOUT =
      Map.of(
          "O03",
          "it is n/a on the in-memory broker, which these are made of: that of O03 is a greedy journal, BacklogMutantTest in examples/custom-adapter");

  private static final Map<String, Mutant> ALL = numbered();

  private Mutants() {}

  static Map<String, Mutant> all() {
    return ALL;
  }

  static List<Mutant> of(String clause) {
    return ALL.values().stream().filter(mutant -> mutant.clause().equals(clause)).toList();
  }

  static Mutant byId(String id) {
    return id.startsWith(UNBROKEN)
        ? Mutant.unbroken(id, Setup.valueOf(id.substring(UNBROKEN.length())))
        : ALL.get(id);
  }

  private static Map<String, Mutant> numbered() {
    Map<String, Integer> numbers = new HashMap<>();
    Map<String, Mutant> all = new LinkedHashMap<>();
    Stream.of(
            PublishMutants.all(),
            GroupMutants.all(),
            SettlementMutants.all(),
            RetryMutants.all(),
            FlowMutants.all(),
            LifecycleMutants.all(),
            FaultMutants.all(),
            RuntimeMutants.all(),
            GuardMutants.all(),
            KitMutants.all())
        .flatMap(List::stream)
        .forEach(
            mutant -> {
              int number = numbers.merge(mutant.clause(), 1, Integer::sum);
              all.put(mutant.clause() + "." + number, mutant);
            });
    return all;
  }
}
