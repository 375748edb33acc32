package dev.missive.core.config;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.util.Map;
import java.util.Optional;

/** The file {@code messaging.yaml} or {@code messaging.properties}, as flat keys. */
final class ConfigFile {
  private static final String YAML = "messaging.yaml";
  private static final String PROPERTIES = "messaging.properties";

  /**
   * A value in a file.
   *
   * @param text as it stands there
   * @param number of its line, from 1
   */
  record Line(String text, int number) {}

  private final String name;
  final Map<String, Line> values;

  private ConfigFile(String name, Map<String, Line> values) {
    this.name = name;
    this.values = values;
  }

  /** Where a value stands, for people. */
  String origin(Line line) {
    return "file " + name + ", line " + line.number();
  }

  static ConfigFile find(Environment environment) {
    String named = environment.properties().get("messaging.config");
    if (named == null) {
      named = environment.variables().get("MESSAGING_CONFIG");
    }
    if (named != null) {
      String file = named;
      return parse(
          file,
          read(environment, file)
              .orElseThrow(
                  () ->
                      problem(
                          file
                              + " was named by messaging.config or MESSAGING_CONFIG but does not exist")));
    }
    Optional<String> yaml = read(environment, YAML);
    Optional<String> properties = read(environment, PROPERTIES);
    if (yaml.isPresent() && properties.isPresent()) {
      throw problem("both " + YAML + " and " + PROPERTIES + " exist; keep one of them");
    }
    return yaml.map(text -> parse(YAML, text))
        .or(() -> properties.map(text -> parse(PROPERTIES, text)))
        .orElseGet(() -> new ConfigFile("", Map.of()));
  }

  private static Optional<String> read(Environment environment, String name) {
    try {
      return environment.files().apply(name);
    } catch (UncheckedIOException e) {
      throw problem(name + " cannot be read: " + why(requireNonNull(e.getCause())));
    }
  }

  /** What the JDK says of these is a path, or how many bytes. */
  private static String why(IOException e) {
    if (e instanceof CharacterCodingException) {
      return "it is no text in UTF-8";
    }
    return e instanceof AccessDeniedException
        ? "permission denied"
        : String.valueOf(e.getMessage());
  }

  private static ConfigFile parse(String name, String text) {
    return new ConfigFile(
        name,
        name.endsWith(".properties")
            ? PropertiesFile.parse(name, text)
            : YamlFile.parse(name, text));
  }

  static MessagingException problem(String text) {
    return new MessagingException(ErrorCode.CONFIG_INVALID, text);
  }
}
