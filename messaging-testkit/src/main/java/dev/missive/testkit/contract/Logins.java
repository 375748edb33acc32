package dev.missive.testkit.contract;

import dev.missive.Messaging;
import dev.missive.spi.BrokerProvider.Setting;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * The credentials of a broker under test, handed in as something that is asked at every login, and
 * when it was asked. Thread-safe.
 */
final class Logins {
  private final Lab lab;
  private final Map<String, String> valid = new ConcurrentHashMap<>();
  private final List<Instant> asked = new CopyOnWriteArrayList<>();

  Logins(Lab lab) {
    this.lab = lab;
    BrokerUnderTest broker = lab.broker();
    for (Setting setting : Spi.provider(broker).settings()) {
      String value = broker.settings().get(setting.key());
      if (setting.credential() && value != null) {
        valid.put(setting.key(), value);
      }
    }
    if (valid.isEmpty()) {
      throw new AssertionError(
          "among the settings of the broker under test is none that its adapter declares as a"
              + " credential (BrokerProvider.Setting#asCredential), so a login cannot be changed");
    }
  }

  /** Opens a connection that asks here. */
  Messaging open() {
    Map<String, Supplier<String>> suppliers = new HashMap<>();
    // One login asks for each of them; so one is counted.
    String counted = valid.keySet().stream().sorted().findFirst().orElseThrow();
    valid.keySet().forEach(key -> suppliers.put(key, () -> answer(key, key.equals(counted))));
    return lab.keep(lab.broker().open(Map.of(), null, suppliers));
  }

  private String answer(String key, boolean counted) {
    if (counted) {
      asked.add(lab.now());
    }
    return String.valueOf(valid.get(key));
  }

  /** From now on these are the answers. */
  void change(Map<String, String> credentials) {
    valid.putAll(credentials);
  }

  /** How often a login has asked. */
  int count() {
    return asked.size();
  }

  /** The time between two logins, counted from 0. */
  Duration between(int earlier, int later) {
    return Duration.between(asked.get(earlier), asked.get(later));
  }

  /** What the connection waits between refused logins, by its settings. */
  Duration retry(Messaging messaging) {
    String key = lab.broker().name() + ".auth-retry";
    return messaging.configuration().stream()
        .filter(setting -> setting.key().equals(key))
        .map(setting -> KitContext.duration(String.valueOf(setting.value())))
        .findFirst()
        .orElseThrow(
            () -> new AssertionError("the adapter has no setting " + key + " (semantics S23)"));
  }
}
