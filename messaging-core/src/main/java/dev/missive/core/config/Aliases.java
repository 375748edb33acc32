package dev.missive.core.config;

import dev.missive.Header;
import dev.missive.core.publish.MessageCheck;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Further names of dead-letter headers, for programs that look for other ones: the setting {@code
 * dead-letter.aliases}, a list of {@code missive-dl-topic=original-topic}.
 */
public final class Aliases {
  static final String KEY = "dead-letter.aliases";
  private static final List<String> HEADERS =
      List.of(
          Header.DL_TOPIC,
          Header.DL_GROUP,
          Header.DL_REASON,
          Header.DL_ERROR,
          Header.DL_MESSAGE,
          Header.DL_STACK,
          Header.DL_AT,
          Header.DL_ATTEMPTS,
          Header.DL_COUNT,
          Header.DL_TIMESTAMP,
          Header.DL_POSITION);

  private Aliases() {}

  /**
   * Those in force.
   *
   * @param settings all settings
   * @return our names with the further ones; empty if none are set
   */
  public static Map<String, String> of(Settings settings) {
    return read(settings.find(KEY, List.class).orElse(List.of()), new ArrayList<>());
  }

  /** Everything that is wrong with a list of them. */
  static List<String> problems(List<?> entries) {
    List<String> problems = new ArrayList<>();
    read(entries, problems);
    return problems;
  }

  private static Map<String, String> read(List<?> entries, List<String> problems) {
    Map<String, String> aliases = new LinkedHashMap<>();
    for (Object entry : entries) {
      String[] sides = entry.toString().split("=", 2);
      String header = sides[0].strip();
      String alias = sides.length == 1 ? "" : sides[1].strip();
      String problem = problem(header, alias, aliases);
      if (problem == null) {
        aliases.put(header, alias);
      } else {
        problems.add("has \"" + entry + "\" but " + problem);
      }
    }
    return aliases;
  }

  private static @Nullable String problem(
      String header, String alias, Map<String, String> earlier) {
    if (alias.isEmpty()) {
      return "each must be as missive-dl-topic=original-topic";
    }
    if (!HEADERS.contains(header)) {
      return "dead letters have no header "
          + header
          + Suggestions.closest(header, HEADERS)
              .map(known -> "; did you mean " + known + "?")
              .orElse("; they have " + String.join(", ", HEADERS));
    }
    if (earlier.containsKey(header)) {
      return header + " is called " + earlier.get(header) + " already";
    }
    if (earlier.containsValue(alias)) {
      return "another header is called " + alias + " already";
    }
    return MessageCheck.wrongHeaderName(alias);
  }
}
