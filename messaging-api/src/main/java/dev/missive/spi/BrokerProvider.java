package dev.missive.spi;

import dev.missive.MessagingException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An adapter, found by {@link java.util.ServiceLoader} or handed in by code. Does no I/O and starts
 * no thread. Thread-safe.
 *
 * @since 0.1
 */
public interface BrokerProvider {

  /**
   * The name, as in the setting {@code broker} and as prefix of its settings.
   *
   * @return one token in lower case, for instance {@code rabbitmq}
   */
  String name();

  /**
   * All settings, so that the runtime can refuse unknown ones, mask secrets, read variables and
   * print help.
   *
   * @return keys start with {@link #name()} and a dot
   */
  List<Setting> settings();

  /**
   * Makes one connection's adapter. No I/O.
   *
   * @param context settings, time, threads; lives as long as the broker
   * @return a new broker
   * @throws MessagingException CONFIG_INVALID if settings contradict each other, with every problem
   *     at once
   */
  Broker create(BrokerContext context);

  /**
   * One setting. Immutable; methods return changed copies.
   *
   * <p>The runtime refuses numbers and times out of range. Unless {@code atLeast} says otherwise
   * they must not be negative; times must be at most 36500d.
   *
   * @param key the key, for instance {@code rabbitmq.url}
   * @param type String, Boolean, Integer, Long, Double, Duration (as {@code 500ms}, {@code 30s},
   *     {@code 5m} or ISO), an enum, or List (of text, separated by commas)
   * @param byDefault the default as text; null if there is none
   * @param secret whether the value must never be shown
   * @param variables further environment variables that set it, for instance {@code RABBITMQ_URL}
   * @param help one sentence for people, with the unit
   * @param atLeast the smallest number or time, as text of this type; null = zero
   * @param atMost the largest number or time, as text of this type; null = no limit of its own
   * @param credential whether it is read by {@link BrokerContext#credential} at every login, so
   *     that an application may change it meanwhile; its type is String
   */
  record Setting(
      String key,
      Class<?> type,
      @Nullable String byDefault,
      boolean secret,
      List<String> variables,
      String help,
      @Nullable String atLeast,
      @Nullable String atMost,
      boolean credential) {
    /**
     * Copies the list.
     *
     * @param key the key, for instance {@code rabbitmq.url}
     * @param type String, Boolean, Integer, Long, Double, Duration (as {@code 500ms}, {@code 30s},
     *     {@code 5m} or ISO), an enum, or List (of text, separated by commas)
     * @param byDefault the default as text; null if there is none
     * @param secret whether the value must never be shown
     * @param variables further environment variables that set it, for instance {@code RABBITMQ_URL}
     * @param help one sentence for people, with the unit
     * @param atLeast the smallest number or time, as text of this type; null = zero
     * @param atMost the largest number or time, as text of this type; null = no limit of its own
     * @param credential whether it is read by {@link BrokerContext#credential} at every login; its
     *     type is String
     */
    public Setting {
      variables = List.copyOf(variables);
    }

    /**
     * A setting without limits of its own.
     *
     * @param key the key
     * @param type its type
     * @param byDefault the default as text; null if there is none
     * @param secret whether the value must never be shown
     * @param variables further environment variables that set it
     * @param help one sentence for people
     */
    public Setting(
        String key,
        Class<?> type,
        @Nullable String byDefault,
        boolean secret,
        List<String> variables,
        String help) {
      this(key, type, byDefault, secret, variables, help, null, null, false);
    }

    /**
     * A setting that is not secret and has no variables of its own.
     *
     * @param key the key
     * @param type its type
     * @param byDefault the default as text; null if there is none
     * @param help one sentence for people
     * @return the setting
     */
    public static Setting of(String key, Class<?> type, @Nullable String byDefault, String help) {
      return new Setting(key, type, byDefault, false, List.of(), help);
    }

    /**
     * Sets the smallest number or time.
     *
     * @param limit as text of this type, for instance {@code 1}, {@code -1} or {@code 1ms}
     * @return a changed copy
     */
    public Setting atLeast(String limit) {
      return new Setting(key, type, byDefault, secret, variables, help, limit, atMost, credential);
    }

    /**
     * Sets the largest number or time.
     *
     * @param limit as text of this type, for instance {@code 65535} or {@code 1h}
     * @return a changed copy
     */
    public Setting atMost(String limit) {
      return new Setting(key, type, byDefault, secret, variables, help, atLeast, limit, credential);
    }

    /**
     * Makes it one that is read by {@link BrokerContext#credential} at every login.
     *
     * @return a changed copy
     */
    public Setting asCredential() {
      return new Setting(key, type, byDefault, secret, variables, help, atLeast, atMost, true);
    }
  }
}
