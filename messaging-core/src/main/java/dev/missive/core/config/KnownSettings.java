package dev.missive.core.config;

import dev.missive.spi.BrokerProvider;
import dev.missive.spi.BrokerProvider.Setting;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All settings there are, by key and by variable. Immutable. */
final class KnownSettings {
  static final String CONNECTIONS = "connections.";
  private static final String PREFIX = "MESSAGING_";

  private final Map<String, Setting> byKey = new LinkedHashMap<>();
  private final Map<String, String> byVariable = new LinkedHashMap<>();

  /**
   * Those of the runtime and of all adapters.
   *
   * @param problems gets what is wrong with the adapters' declarations
   */
  KnownSettings(List<BrokerProvider> providers, List<String> problems) {
    CoreSettings.ALL.forEach(this::add);
    for (BrokerProvider provider : providers) {
      provider.settings().stream()
          .filter(setting -> owns(provider, setting))
          .forEach(setting -> declare(provider, setting, problems));
    }
    // Whoever wraps an adapter under another name repeats its settings; that changes nothing.
    for (BrokerProvider provider : providers) {
      provider.settings().stream()
          .filter(setting -> !owns(provider, setting))
          .forEach(setting -> declare(provider, setting, problems));
    }
  }

  private static boolean owns(BrokerProvider provider, Setting setting) {
    return setting.key().startsWith(provider.name() + ".");
  }

  private void declare(BrokerProvider provider, Setting setting, List<String> problems) {
    // Asked for first: the first comparison of two records that a JVM makes takes longer than all
    // else here.
    Setting declared = byKey.get(setting.key());
    if (declared != null && declared.equals(setting)) {
      return;
    }
    String why = refused(provider.name(), setting);
    if (why == null) {
      add(setting);
    } else {
      problems.add(
          "the adapter \"" + provider.name() + "\" declares " + setting.key() + ", " + why);
    }
  }

  private void add(Setting setting) {
    byKey.put(setting.key(), setting);
    byVariable.put(variable(setting.key()), setting.key());
  }

  /** Nobody may replace a setting of others, by its key or by its variable. */
  private @Nullable String refused(String adapter, Setting setting) {
    String key = setting.key();
    if (!key.startsWith(adapter + ".")) {
      return "but its keys must start with \"" + adapter + ".\"";
    }
    if (key.startsWith(CONNECTIONS)) {
      return "but \"" + CONNECTIONS + "\" is reserved for named connections";
    }
    if (byKey.containsKey(key)) {
      return "which is declared already";
    }
    String same = byVariable.get(variable(key));
    if (same != null) {
      return "whose variable " + variable(key) + " is that of " + same;
    }
    if (setting.credential() && setting.type() != String.class) {
      return "but a credential is a String";
    }
    return Values.wrongLimit(setting)
        .map(limit -> "but its limit \"" + limit + "\" is no value of its type")
        .orElse(null);
  }

  @Nullable Setting get(String key) {
    return byKey.get(key);
  }

  Collection<String> keys() {
    return byKey.keySet();
  }

  /** The keys of what is asked at every login. */
  List<String> credentials() {
    return byKey.values().stream().filter(Setting::credential).map(Setting::key).sorted().toList();
  }

  /** The names of variables, with the keys they set. */
  Map<String, String> variables() {
    return byVariable;
  }

  /** The variable that sets a key, or the part of one that stands for a name. */
  static String variable(String key) {
    return PREFIX + upper(key);
  }

  /** As names are written in variables. */
  static String upper(String name) {
    return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The key without {@code connections.<name>.}. */
  static String plain(String key) {
    String name = connection(key);
    return name == null ? key : key.substring(CONNECTIONS.length() + name.length() + 1);
  }

  /** The connection a key belongs to; null for general ones. */
  static @Nullable String connection(String key) {
    int dot = key.startsWith(CONNECTIONS) ? key.indexOf('.', CONNECTIONS.length()) : -1;
    return dot < 0 ? null : key.substring(CONNECTIONS.length(), dot);
  }
}
