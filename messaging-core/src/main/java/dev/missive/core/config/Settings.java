package dev.missive.core.config;

import static dev.missive.core.config.KnownSettings.CONNECTIONS;
import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.BrokerProvider.Setting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
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
  private static final String DEFAULT = "default";
  private static final String ASKED = "code, asked at every login";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");

  private record Value(
      @Nullable Object parsed,
      @Nullable String text,
      String origin,
      @Nullable Supplier<String> asked) {
    Value(@Nullable Object parsed, @Nullable String text, String origin) {
      this(parsed, text, origin, null);
    }
  }

  private final KnownSettings known;
  private final Map<String, Value> values;

  private Settings(KnownSettings known, Map<String, Value> values) {
    this.known = known;
    this.values = values;
  }

  /**
   * Reads all sources.
   *
   * @param code settings made in code
   * @param credentials what is asked at every login, by key; stronger than all sources
   * @param connection the name of the connection; null for the unnamed one
   * @param providers all adapters there are
   * @param environment what lies outside the code
   * @return the settings
   * @throws MessagingException CONFIG_INVALID with every problem at once
   */
  public static Settings load(
      Map<String, String> code,
      Map<String, Supplier<String>> credentials,
      @Nullable String connection,
      List<BrokerProvider> providers,
      Environment environment) {
    List<String> problems = new ArrayList<>();
    if (connection != null && !NAME.matcher(connection).matches()) {
      problems.add(
          "the connection was called \""
              + connection
              + "\" but its name must consist of letters, digits, - and _");
    }
    KnownSettings known = new KnownSettings(providers, problems);
    Map<String, Found> given = Given.collect(code, connection, environment, known, problems);
    // All of them, also those of connections that are opened later.
    Map<String, Value> parsed = new LinkedHashMap<>();
    given.forEach((key, found) -> parsed.put(key, value(key, found, known, problems)));
    credentials.forEach(
        (key, supplier) -> {
          if (askable(key, connection, known, problems)) {
            // As particular as can be: nothing else wins.
            String full =
                connection == null
                    ? key
                    : CONNECTIONS + connection + "." + KnownSettings.plain(key);
            parsed.put(full, new Value(null, MASK, ASKED, supplier));
          }
        });
    Map<String, Value> values = new TreeMap<>();
    for (String key : known.keys()) {
      values.put(key, inForce(key, connection, parsed, known, problems));
    }
    checkWaits(connection, parsed, known, problems);
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

  /** Whether a key is one of this connection that can be asked at every login. */
  private static boolean askable(
      String key, @Nullable String connection, KnownSettings known, List<String> problems) {
    String named = KnownSettings.connection(key);
    Setting setting = known.get(KnownSettings.plain(key));
    if (named != null && !named.equals(connection)) {
      problems.add(
          key + " (code) is of another connection than the one that is opened; name its own");
      return false;
    }
    if (setting == null || !setting.credential()) {
      problems.add(
          key
              + " (code) is no credential that can be asked at every login; these are: "
              + String.join(", ", known.credentials()));
      return false;
    }
    return true;
  }

  /**
   * The value of a setting that has one.
   *
   * @param key its key
   * @param type the type it was declared with
   * @param <T> that type
   * @return its value or default
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
   * @param key its key
   * @param type the type it was declared with
   * @param <T> that type
   * @return its value or default; empty if it has neither
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
    if (setting.credential()) {
      throw new MessagingException(
          ErrorCode.INTERNAL,
          "the setting " + key + " is a credential, to be asked at every login");
    }
    return Optional.ofNullable(type.cast(value.parsed()));
  }

  /**
   * What to ask at every login; empty if nothing is set.
   *
   * @param key its key
   * @return asks the supplier, or repeats the value that is set
   * @throws MessagingException INTERNAL if the key is unknown or no credential
   */
  public Optional<Supplier<String>> credential(String key) {
    Setting setting = known.get(key);
    Value value = values.get(key);
    if (setting == null || value == null || !setting.credential()) {
      throw new MessagingException(
          ErrorCode.INTERNAL, "the setting " + key + " was not declared as a credential");
    }
    Supplier<String> asked = value.asked();
    if (asked != null) {
      return Optional.of(() -> ask(key, asked));
    }
    Object fixed = value.parsed();
    return fixed == null ? Optional.empty() : Optional.of(fixed::toString);
  }

  private static String ask(String key, Supplier<String> supplier) {
    String answer;
    try {
      answer = supplier.get();
    } catch (Throwable e) {
      // Also what is checked elsewhere, or an Error: a login that waits for it must end.
      throw new MessagingException(
          ErrorCode.AUTH, "the supplier of " + key + " failed: " + e.getClass().getName(), e);
    }
    if (answer == null) {
      throw new MessagingException(
          ErrorCode.AUTH, "the supplier of " + key + " returned null. It must return a value");
    }
    return answer;
  }

  /** {@return all settings, secrets masked, sorted by key} */
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

  /** What some source sets for this connection, or for all, or the default. */
  private static Value inForce(
      String key,
      @Nullable String connection,
      Map<String, Value> parsed,
      KnownSettings known,
      List<String> problems) {
    Value own = connection == null ? null : parsed.get(CONNECTIONS + connection + "." + key);
    Value any = own == null ? parsed.get(key) : own;
    if (any != null) {
      return any;
    }
    String text = requireNonNull(known.get(key)).byDefault();
    return text == null
        ? new Value(null, null, DEFAULT)
        : value(key, new Found(text, DEFAULT), known, problems);
  }

  private static Value value(String key, Found found, KnownSettings known, List<String> problems) {
    Setting setting = requireNonNull(known.get(KnownSettings.plain(key)));
    String text = found.text();
    try {
      Object parsed = Values.parse(text, setting);
      if (setting.key().equals(Aliases.KEY)) {
        Aliases.problems((List<?>) parsed)
            .forEach(problem -> problems.add(key + " (" + found.origin() + ") " + problem));
      }
      return new Value(parsed, text, found.origin());
    } catch (IllegalArgumentException e) {
      problems.add(
          key
              + " ("
              + found.origin()
              + ") was "
              + (setting.secret() ? MASK : "\"" + text + "\"")
              + " but "
              + e.getMessage());
      return new Value(null, text, found.origin());
    }
  }

  /** The waits of each connection must fit together, also of those that are opened later. */
  private static void checkWaits(
      @Nullable String connection,
      Map<String, Value> parsed,
      KnownSettings known,
      List<String> problems) {
    checkWaits("", connection, parsed, known, problems);
    Set<String> others = new TreeSet<>();
    for (String key : parsed.keySet()) {
      String name = KnownSettings.connection(key);
      if (name != null && KnownSettings.plain(key).startsWith("retry.")) {
        others.add(name);
      }
    }
    if (connection != null) {
      others.remove(connection);
    }
    others.forEach(name -> checkWaits(CONNECTIONS + name + ".", name, parsed, known, problems));
  }

  private static void checkWaits(
      String prefix,
      @Nullable String connection,
      Map<String, Value> parsed,
      KnownSettings known,
      List<String> problems) {
    if (inForce("retry.initial", connection, parsed, known, problems).parsed()
            instanceof Duration from
        && inForce("retry.max", connection, parsed, known, problems).parsed() instanceof Duration to
        && to.compareTo(from) < 0) {
      problems.add(
          prefix
              + "retry.max was "
              + to
              + " but must be at least "
              + prefix
              + "retry.initial, "
              + from);
    }
  }
}
