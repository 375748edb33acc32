package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.kit;

import dev.missive.Header;
import dev.missive.spi.Destination;
import java.util.List;

/** What the clauses of part C must catch. */
final class KitMutants {
  private KitMutants() {}

  static List<Mutant> all() {
    return List.of(
        broker(
            "U02",
            "forgets how often a message has failed",
            () ->
                Sends.changed(
                    Destination.Group.class, copy -> Edit.header(copy, Header.ATTEMPT, null))),
        kit("U03", "gives the same names to every test"));
  }
}
