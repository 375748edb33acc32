package dev.missive.core.config;

import dev.missive.core.config.ConfigFile.Line;
import java.io.IOException;
import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** Reads properties line by line, because {@link Properties} does not tell lines. */
final class PropertiesFile {
  private PropertiesFile() {}

  static Map<String, Line> parse(String name, String text) {
    String[] lines = text.split("\r\n|\r|\n", -1);
    Map<String, Line> values = new LinkedHashMap<>();
    for (int i = 0; i < lines.length; i++) {
      int first = i;
      StringBuilder logical = new StringBuilder(lines[i]);
      while (!comment(lines[first]) && continues(lines[i]) && i + 1 < lines.length) {
        i++;
        logical.append('\n').append(lines[i]);
      }
      Properties one = new Properties();
      try {
        one.load(new StringReader(logical.toString()));
      } catch (IOException | IllegalArgumentException e) {
        throw ConfigFile.problem(
            name + " is not a properties file: line " + (first + 1) + " cannot be read");
      }
      // Of a key that stands there twice the last one counts, as everywhere.
      one.stringPropertyNames()
          .forEach(key -> values.put(key, new Line(one.getProperty(key, ""), first + 1)));
    }
    return values;
  }

  private static boolean comment(String line) {
    String text = line.stripLeading();
    return text.startsWith("#") || text.startsWith("!");
  }

  /** Whether it ends with a backslash that is not escaped itself. */
  private static boolean continues(String line) {
    int end = line.length();
    while (end > 0 && line.charAt(end - 1) == '\\') {
      end--;
    }
    return (line.length() - end) % 2 == 1;
  }
}
