package dev.missive.core.config;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.BrokerProvider.Setting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings in force. Immutable.
 *
 * <p>Sources, strongest first: code, system properties ({@code messaging.<key>}), variables ({@code
 * MESSAGING_<KEY>}, or a name the adapter declares), file, default. For a named connection {@code
 * connections.<name>.<key>} in any source is stronger than {@code <key>} in any other, so that a
 * general variable does not move one connection to another broker by accident.
 */
public final class Settings {
  private static final String MASK = "***";
  private static final String CONNECTIONS = "connections.";

  private record Value(@Nullable Object parsed, @Nullable String text, String origin) {}

  private record Found(String text, String origin) {}

  private final Map<String, Setting> known;
  private final Map<String, Value> values;

  private Settings(Map<String, Setting> known, Map<String, Value> values) {
    this.known = known;
    this.values = values;
  }

  /**
   * Reads all sources.
   *
   * @param code settings made in code
   * @param connection the name of the connection; null for the unnamed one
   * @param providers all adapters there are
   * @param environment what lies outside the code
   * @return the settings
   * @throws MessagingException CONFIG_INVALID with every problem at once
   */
  public static Settings load(
      Map<String, String> code,
      @Nullable String connection,
      List<BrokerProvider> providers,
      Environment environment) {
    Map<String, Setting> known = new LinkedHashMap<>();
    CoreSettings.ALL.forEach(setting -> known.put(setting.key(), setting));
    providers.forEach(
        provider -> provider.settings().forEach(setting -> known.put(setting.key(), setting)));
    List<String> problems = new ArrayList<>();
    Map<String, Found> given = collect(code, environment, known, problems);
    Map<String, Value> values = new TreeMap<>();
    known.forEach(
        (key, setting) -> values.put(key, value(setting, find(key, connection, given), problems)));
    checkTogether(values, problems);
    if (!problems.isEmpty()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          problems.size()
              + (problems.size() == 1 ? " problem" : " problems")
              + "\n  "
              + String.join("\n  ", problems)
              + "\n");
    }
    return new Settings(known, values);
  }

  /**
   * The value of a setting that has one.
   *
   * @throws MessagingException INTERNAL if the key is unknown, has another type, or has neither
   *     value nor default
   */
  public <T> T get(String key, Class<T> type) {
    return find(key, type)
        .orElseThrow(
            () ->
                new MessagingException(
                    ErrorCode.INTERNAL, "the setting " + key + " has neither value nor default"));
  }

  /**
   * The value of a setting.
   *
   * @throws MessagingException INTERNAL if the key is unknown or has another type
   */
  public <T> Optional<T> find(String key, Class<T> type) {
    Setting setting = known.get(key);
    Value value = values.get(key);
    if (setting == null || value == null || setting.type() != type) {
      throw new MessagingException(
          ErrorCode.INTERNAL,
          "the setting " + key + " was not declared as " + type.getSimpleName());
    }
    return Optional.ofNullable(type.cast(value.parsed()));
  }

  /** All settings, secrets masked, sorted by key. */
  public List<Messaging.Setting> effective() {
    List<Messaging.Setting> all = new ArrayList<>();
    values.forEach(
        (key, value) -> {
          Setting setting = known.get(key);
          boolean masked = setting != null && setting.secret() && value.text() != null;
          all.add(new Messaging.Setting(key, masked ? MASK : value.text(), value.origin()));
        });
    return List.copyOf(all);
  }

  /** Every key that some source sets, from the strongest source that does. */
  private static Map<String, Found> collect(
      Map<String, String> code,
      Environment environment,
      Map<String, Setting> known,
      List<String> problems) {
    Map<String, Found> given = new LinkedHashMap<>();
    code.forEach((key, value) -> take(given, key, value, "code", known, problems));
    environment
        .properties()
        .forEach(
            (name, value) -> {
              if (name.startsWith("messaging.") && !name.equals("messaging.config")) {
                take(
                    given,
                    name.substring("messaging.".length()),
                    value,
                    "system property " + name,
                    known,
                    problems);
              }
            });
    variables(environment.variables(), known, given, problems);
    ConfigFile file = ConfigFile.find(environment);
    file.values.forEach(
        (key, value) -> take(given, key, value, "file " + file.name, known, problems));
    return given;
  }

  private static void variables(
      Map<String, String> variables,
      Map<String, Setting> known,
      Map<String, Found> given,
      List<String> problems) {
    Map<String, String> byVariable = new LinkedHashMap<>();
    known.keySet().forEach(key -> byVariable.put(variable(key), key));
    variables.forEach(
        (name, value) -> {
          if (name.startsWith("MESSAGING_") && !name.equals("MESSAGING_CONFIG")) {
            String key = byVariable.get(name);
            String connection = key == null ? connectionKey(name, byVariable) : key;
            take(
                given,
                connection == null ? name : connection,
                value,
                "variable " + name,
                known,
                problems);
          }
        });
    // The names that others use for the same thing are weaker than ours.
    known.forEach(
        (key, setting) -> {
          for (String name : setting.variables()) {
            if (variables.containsKey(name)) {
              take(given, key, variables.get(name), "variable " + name, known, problems);
            }
          }
        });
  }

  /**
   * {@code MESSAGING_CONNECTIONS_AUDIT_BROKER}: the name of the connection is what stands before a
   * known key, in lower case.
   */
  private static @Nullable String connectionKey(String variable, Map<String, String> byVariable) {
    String prefix = variable(CONNECTIONS);
    if (!variable.startsWith(prefix)) {
      return null;
    }
    String rest = variable.substring(prefix.length());
    for (Map.Entry<String, String> known : byVariable.entrySet()) {
      String suffix = "_" + known.getKey().substring("MESSAGING_".length());
      if (rest.endsWith(suffix) && rest.length() > suffix.length()) {
        String name = rest.substring(0, rest.length() - suffix.length()).toLowerCase(Locale.ROOT);
        return CONNECTIONS + name + "." + known.getValue();
      }
    }
    return null;
  }

  private static String variable(String key) {
    return "MESSAGING_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  private static void take(
      Map<String, Found> given,
      String key,
      String value,
      String origin,
      Map<String, Setting> known,
      List<String> problems) {
    String plain = plain(key);
    if (!known.containsKey(plain)) {
      boolean variable = key.startsWith("MESSAGING_");
      List<String> names =
          variable
              ? known.keySet().stream().map(Settings::variable).toList()
              : List.copyOf(known.keySet());
      String suggestion =
          Suggestions.closest(plain, names).map(name -> "; did you mean " + name + "?").orElse("");
      problems.add(key + " (" + origin + ") is not a known setting" + suggestion);
      return;
    }
    given.putIfAbsent(key, new Found(value, origin));
  }

  /** The key without {@code connections.<name>.}. */
  private static String plain(String key) {
    if (!key.startsWith(CONNECTIONS)) {
      return key;
    }
    int dot = key.indexOf('.', CONNECTIONS.length());
    return dot < 0 ? key : key.substring(dot + 1);
  }

  private static @Nullable Found find(
      String key, @Nullable String connection, Map<String, Found> given) {
    Found own = connection == null ? null : given.get(CONNECTIONS + connection + "." + key);
    return own == null ? given.get(key) : own;
  }

  private static Value value(Setting setting, @Nullable Found found, List<String> problems) {
    String text = found == null ? setting.byDefault() : found.text();
    String origin = found == null ? "default" : found.origin();
    if (text == null) {
      return new Value(null, null, origin);
    }
    try {
      Object parsed = Values.parse(text, setting);
      return new Value(parsed, text, origin);
    } catch (IllegalArgumentException e) {
      problems.add(
          setting.key()
              + " ("
              + origin
              + ") was "
              + (setting.secret() ? MASK : "\"" + text + "\"")
              + " but "
              + e.getMessage());
      return new Value(null, text, origin);
    }
  }

  private static void checkTogether(Map<String, Value> values, List<String> problems) {
    Object initial =
        values.containsKey("retry.initial")
            ? java.util.Objects.requireNonNull(values.get("retry.initial")).parsed()
            : null;
    Object max =
        values.containsKey("retry.max")
            ? java.util.Objects.requireNonNull(values.get("retry.max")).parsed()
            : null;
    if (initial instanceof Duration from && max instanceof Duration to && to.compareTo(from) < 0) {
      problems.add("retry.max was " + to + " but must be at least retry.initial, " + from);
    }
  }
}
