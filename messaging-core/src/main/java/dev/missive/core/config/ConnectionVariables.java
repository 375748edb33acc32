package dev.missive.core.config;

import static dev.missive.core.config.KnownSettings.CONNECTIONS;
import static dev.missive.core.config.KnownSettings.upper;
import static dev.missive.core.config.KnownSettings.variable;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What variables such as {@code MESSAGING_CONNECTIONS_ORDER_AUDIT_BROKER} set. A variable cannot
 * say how a name is spelt ({@code order-audit}, {@code Order_Audit}), so it is matched with the
 * names that are known; one that matches none must not be ignored, because its connection would use
 * the general broker.
 */
final class ConnectionVariables {
  private static final String PREFIX = variable(CONNECTIONS);

  private final KnownSettings known;
  private final Set<String> names;

  ConnectionVariables(KnownSettings known, Set<String> names) {
    this.known = known;
    this.names = new TreeSet<>(names);
  }

  /**
   * The key, or why there is none.
   *
   * @param key null if there is a problem
   * @param problem null if there is a key
   */
  record Match(Optional<String> key, Optional<String> problem) {}

  static boolean covers(String variable) {
    return variable.startsWith(PREFIX);
  }

  /** Finds the key. */
  Match match(String variable) {
    List<String> matches = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (String name : names) {
      for (String key : known.keys()) {
        String full = CONNECTIONS + name + "." + key;
        (variable(full).equals(variable) ? matches : others).add(full);
      }
    }
    if (matches.size() == 1) {
      return new Match(Optional.of(matches.get(0)), Optional.empty());
    }
    return new Match(
        Optional.empty(),
        Optional.of(
            variable
                + (matches.isEmpty()
                    ? " " + unmatched(variable, others)
                    : " may be "
                        + String.join(" or ", matches)
                        + "; set them in a file, as system properties or in code")));
  }

  private String unmatched(String variable, List<String> others) {
    String suggestion =
        Suggestions.closest(variable, others.stream().map(KnownSettings::variable).toList())
            .map(name -> "; did you mean " + name + "?")
            .orElse("");
    boolean keyIsKnown = known.keys().stream().anyMatch(key -> variable.endsWith("_" + upper(key)));
    return keyIsKnown
        ? "names no known connection"
            + suggestion
            + (suggestion.isEmpty() ? "; list" : " Or list")
            + " its name in the setting connections. Known are "
            + names
        : "is not a known setting" + suggestion;
  }
}
