package dev.missive.conformance.mutants;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** All mutants, with their ids: the clause and a number. */
final class Mutants {
  private static final Map<String, Mutant> ALL = numbered();

  private Mutants() {}

  static Map<String, Mutant> all() {
    return ALL;
  }

  static Mutant byId(String id) {
    return id.equals(Mutant.NO_ID) ? Mutant.NONE : ALL.get(id);
  }

  private static Map<String, Mutant> numbered() {
    Map<String, Integer> numbers = new HashMap<>();
    Map<String, Mutant> all = new LinkedHashMap<>();
    Stream.of(PublishMutants.all())
        .flatMap(List::stream)
        .forEach(
            mutant -> {
              int number = numbers.merge(mutant.clause(), 1, Integer::sum);
              all.put(mutant.clause() + "." + number, mutant);
            });
    return all;
  }
}
