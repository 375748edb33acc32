package dev.missive.core.config;

import static dev.missive.core.config.KnownSettings.CONNECTIONS;

import dev.missive.core.config.ConfigFile.Line;
import dev.missive.spi.BrokerProvider.Setting;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the sources say: every key that one of them sets, from the strongest that does. */
final class Given {
  private static final String PROPERTY = "messaging.";
  private static final String VARIABLE = "MESSAGING_";

  /** The setting that lists connections which only variables configure. */
  private static final String LIST = "connections";

  private final KnownSettings known;
  private final List<String> problems;
  private final Map<String, Found> values = new LinkedHashMap<>();

  private Given(KnownSettings known, List<String> problems) {
    this.known = known;
    this.problems = problems;
  }

  /**
   * Reads all sources.
   *
   * @param problems gets every key that is not known
   * @return full keys, with {@code connections.<name>.} where they have it
   */
  static Map<String, Found> collect(
      Map<String, String> code,
      @Nullable String connection,
      Environment environment,
      KnownSettings known,
      List<String> problems) {
    Given given = new Given(known, problems);
    ConfigFile file = ConfigFile.find(environment);
    code.forEach((key, value) -> given.take(key, value, "code"));
    environment.properties().forEach(given::takeProperty);
    given.takeVariables(environment.variables(), given.connections(connection, environment, file));
    file.values.forEach((key, line) -> given.take(key, line.text(), file.origin(line)));
    return given.values;
  }

  private void takeProperty(String name, String value) {
    if (name.startsWith(PROPERTY) && !name.equals("messaging.config")) {
      take(name.substring(PROPERTY.length()), value, "system property " + name);
    }
  }

  /** Every name of a connection that is spelt out somewhere; code and properties are taken. */
  private Set<String> connections(
      @Nullable String opened, Environment environment, ConfigFile file) {
    Set<String> names = new TreeSet<>();
    if (opened != null) {
      names.add(opened);
    }
    values.keySet().forEach(key -> addName(key, names));
    file.values.keySet().forEach(key -> addName(key, names));
    Found listed = values.get(LIST);
    Line inFile = file.values.get(LIST);
    String variable = environment.variables().get(KnownSettings.variable(LIST));
    String list =
        listed != null
            ? listed.text()
            : variable != null ? variable : inFile == null ? "" : inFile.text();
    names.addAll(Values.list(list));
    return names;
  }

  private static void addName(String key, Set<String> names) {
    String name = KnownSettings.connection(key);
    if (name != null) {
      names.add(name);
    }
  }

  private void takeVariables(Map<String, String> variables, Set<String> connections) {
    ConnectionVariables named = new ConnectionVariables(known, connections);
    variables.forEach(
        (name, value) -> {
          if (!name.startsWith(VARIABLE) || name.equals("MESSAGING_CONFIG")) {
            return;
          }
          String key = known.variables().get(name);
          if (key == null && ConnectionVariables.covers(name)) {
            ConnectionVariables.Match match = named.match(name);
            match.problem().ifPresent(problems::add);
            key = match.key().orElse(null);
            if (key == null) {
              return;
            }
          }
          if (key == null) {
            problems.add(
                name
                    + " (variable "
                    + name
                    + ") is not a known setting"
                    + meant(Suggestions.closest(name, known.variables().keySet()).orElse(null)));
          } else {
            take(key, value, "variable " + name);
          }
        });
    // The names that others use for the same thing are weaker than ours.
    for (String key : known.keys()) {
      Setting setting = Objects.requireNonNull(known.get(key));
      for (String name : setting.variables()) {
        String value = variables.get(name);
        if (value != null) {
          take(key, value, "variable " + name);
        }
      }
    }
  }

  private void take(String key, String value, String origin) {
    String plain = KnownSettings.plain(key);
    if (known.get(plain) == null) {
      String prefix = key.substring(0, key.length() - plain.length());
      String closest = Suggestions.closest(plain, known.keys()).orElse(null);
      problems.add(
          key
              + " ("
              + origin
              + ") is not a known setting"
              + meant(closest == null ? null : prefix + closest));
    } else if (plain.equals(LIST) && key.startsWith(CONNECTIONS)) {
      problems.add(key + " (" + origin + ") cannot be set for one connection");
    } else {
      values.putIfAbsent(key, new Found(value, origin));
    }
  }

  private static String meant(@Nullable String name) {
    return name == null ? "" : "; did you mean " + name + "?";
  }
}
