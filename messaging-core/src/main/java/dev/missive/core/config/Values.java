package dev.missive.core.config;

import dev.missive.spi.BrokerProvider.Setting;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Text to values of the types that settings may have. */
final class Values {
  /** Longer times overflow when they are counted in nanoseconds. */
  private static final String LONGEST = "36500d";

  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)");

  private Values() {}

  /**
   * The value; throws IllegalArgumentException whose text says what it must be, never what it was.
   */
  static Object parse(String text, Setting setting) {
    Object value = parse(text, setting.type());
    if (value instanceof Number || value instanceof Duration) {
      checkRange(value, setting);
    }
    return value;
  }

  private static void checkRange(Object value, Setting setting) {
    boolean time = value instanceof Duration;
    String least = setting.atLeast();
    String most = setting.atMost();
    if (compare(value, least == null ? (time ? "0s" : "0") : least, setting) < 0) {
      throw new IllegalArgumentException(
          least == null ? "must not be negative" : "must be at least " + least);
    }
    if (most == null && time) {
      most = LONGEST;
    }
    if (most != null && compare(value, most, setting) > 0) {
      throw new IllegalArgumentException("must be at most " + most);
    }
  }

  private static int compare(Object value, String limit, Setting setting) {
    return value instanceof Double number
        // Not Double.compare: NaN is out of every range.
        ? number >= Double.parseDouble(limit) ? number > Double.parseDouble(limit) ? 1 : 0 : -1
        : compare(value, parse(limit, setting.type()));
  }

  @SuppressWarnings("unchecked") // Both were made by parse, for one type.
  private static int compare(Object value, Object limit) {
    return ((Comparable<Object>) value).compareTo(limit);
  }

  private static Object parse(String text, Class<?> type) {
    String trimmed = text.strip();
    if (type == String.class) {
      return trimmed;
    } else if (type == Boolean.class) {
      return bool(trimmed);
    } else if (type == Integer.class || type == Long.class || type == Double.class) {
      return number(trimmed, type);
    } else if (type == Duration.class) {
      return duration(trimmed);
    } else if (type == List.class) {
      return list(trimmed);
    } else if (type.isEnum()) {
      return constant(trimmed, type);
    }
    throw new IllegalArgumentException("is declared with the unsupported type " + type.getName());
  }

  /** The parts of a list. */
  static List<String> list(String text) {
    return Arrays.stream(text.split(","))
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .toList();
  }

  /** A limit that is no value of the setting's type, or of a type that has no limits. */
  static Optional<String> wrongLimit(Setting setting) {
    return Stream.of(setting.atLeast(), setting.atMost())
        .filter(Objects::nonNull)
        .filter(limit -> !isLimit(limit, setting.type()))
        .findFirst();
  }

  private static boolean isLimit(String limit, Class<?> type) {
    try {
      Object value = parse(limit, type);
      return value instanceof Number || value instanceof Duration;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Boolean bool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("must be true or false");
    };
  }

  private static Object number(String text, Class<?> type) {
    try {
      if (type == Integer.class) {
        return Integer.valueOf(text);
      }
      return type == Long.class ? (Object) Long.valueOf(text) : (Object) Double.valueOf(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          type == Double.class ? "must be a number" : "must be a whole number");
    }
  }

  private static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (matcher.matches()) {
      long amount = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "ms" -> Duration.ofMillis(amount);
        case "s" -> Duration.ofSeconds(amount);
        case "m" -> Duration.ofMinutes(amount);
        case "h" -> Duration.ofHours(amount);
        default -> Duration.ofDays(amount);
      };
    }
    try {
      return Duration.parse(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("must be a time such as 500ms, 30s, 5m, 2h, 1d or PT30S");
    }
  }

  private static Object constant(String text, Class<?> type) {
    List<String> names = Arrays.stream(type.getEnumConstants()).map(Object::toString).toList();
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equalsIgnoreCase(text.replace('-', '_'))) {
        return constant;
      }
    }
    throw new IllegalArgumentException("must be one of " + String.join(", ", names));
  }
}
