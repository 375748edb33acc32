package dev.missive.testkit.contract;

import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an adapter gets when the kit opens it itself: given settings and defaults. Thread-safe. */
record KitContext(BrokerProvider provider, Map<String, String> given, Time time)
    implements BrokerContext {
  private static final Pattern SHORT = Pattern.compile("(\\d+)(ms|s|m|h|d)");
  private static final AtomicInteger THREADS = new AtomicInteger();

  @Override
  public <T> T setting(String key, Class<T> type) {
    return optional(key, type)
        .orElseThrow(() -> new IllegalStateException(key + " has neither value nor default"));
  }

  @Override
  public <T> Optional<T> optional(String key, Class<T> type) {
    String value = value(key, false);
    return value == null ? Optional.empty() : Optional.of(type.cast(parse(value, type)));
  }

  @Override
  public Optional<Supplier<String>> credential(String key) {
    return Optional.ofNullable(value(key, true)).map(value -> () -> value);
  }

  /** As strict as the runtime: a credential is read as one, and nothing else is. */
  private @Nullable String value(String key, boolean credential) {
    BrokerProvider.Setting setting =
        provider.settings().stream()
            .filter(declared -> declared.key().equals(key))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(key + " was not declared"));
    if (setting.credential() != credential) {
      throw new IllegalStateException(
          key + (credential ? " was not declared as a credential" : " is a credential"));
    }
    return given.getOrDefault(key, setting.byDefault());
  }

  @Override
  public String clientName() {
    return given.getOrDefault("application", "kit");
  }

  @Override
  public ThreadFactory threads(String role) {
    return task -> {
      Thread thread =
          new Thread(
              task,
              "missive-" + provider.name() + "-kit-" + role + "-" + THREADS.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public void connection(Link state, String reason, @Nullable Throwable cause) {}

  private static Object parse(String text, Class<?> type) {
    if (type == Boolean.class) {
      return Boolean.valueOf(text);
    } else if (type == Integer.class) {
      return Integer.valueOf(text);
    } else if (type == Long.class) {
      return Long.valueOf(text);
    } else if (type == Double.class) {
      return Double.valueOf(text);
    } else if (type == Duration.class) {
      return duration(text);
    } else if (type == List.class) {
      return Arrays.stream(text.split(",")).map(String::strip).toList();
    } else if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .filter(constant -> constant.toString().equalsIgnoreCase(text.replace('-', '_').strip()))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException(text + " is none of " + type));
    }
    return text;
  }

  static Duration duration(String text) {
    Matcher matcher = SHORT.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return Duration.parse(text);
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }
}
