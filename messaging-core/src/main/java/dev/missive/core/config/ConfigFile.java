package dev.missive.core.config;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.io.StringReader;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads {@code messaging.yaml} or {@code messaging.properties} into flat keys. */
final class ConfigFile {
  private static final String YAML = "messaging.yaml";
  private static final String PROPERTIES = "messaging.properties";

  /** Its name, for messages; null if there is none. */
  final @Nullable String name;

  final Map<String, String> values;

  private ConfigFile(@Nullable String name, Map<String, String> values) {
    this.name = name;
    this.values = values;
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
          environment
              .files()
              .apply(file)
              .orElseThrow(
                  () ->
                      problem(
                          file
                              + " was named by messaging.config or MESSAGING_CONFIG but does not exist")));
    }
    Optional<String> yaml = environment.files().apply(YAML);
    Optional<String> properties = environment.files().apply(PROPERTIES);
    if (yaml.isPresent() && properties.isPresent()) {
      throw problem("both " + YAML + " and " + PROPERTIES + " exist; keep one of them");
    }
    return yaml.map(text -> parse(YAML, text))
        .or(() -> properties.map(text -> parse(PROPERTIES, text)))
        .orElseGet(() -> new ConfigFile(null, Map.of()));
  }

  private static ConfigFile parse(String name, String text) {
    Map<String, String> values = new LinkedHashMap<>();
    if (name.endsWith(".properties")) {
      Properties properties = new Properties();
      try {
        properties.load(new StringReader(text));
      } catch (IOException | IllegalArgumentException e) {
        throw problem(name + " is not a properties file");
      }
      properties
          .stringPropertyNames()
          .forEach(key -> values.put(key, properties.getProperty(key, "")));
    } else {
      flatten(name, "", yaml(name, text), values);
    }
    return new ConfigFile(name, values);
  }

  private static @Nullable Object yaml(String name, String text) {
    try {
      // The engine knows the types of JSON only: no tag can make a class.
      return new Load(LoadSettings.builder().setLabel(name).build()).loadFromString(text);
    } catch (YamlEngineException e) {
      // Its message quotes the line, which may hold a secret; the position is enough.
      String position =
          e instanceof org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException marked
              ? marked
                  .getProblemMark()
                  .map(
                      mark ->
                          " at line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1))
                  .orElse("")
              : "";
      throw problem(name + " is not valid YAML" + position);
    }
  }

  private static void flatten(
      String name, String prefix, @Nullable Object node, Map<String, String> into) {
    if (node instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) ->
              flatten(
                  name, prefix.isEmpty() ? String.valueOf(key) : prefix + "." + key, value, into));
    } else if (node instanceof Collection<?> list) {
      into.put(prefix, list.stream().map(String::valueOf).collect(Collectors.joining(",")));
    } else if (node != null && prefix.isEmpty()) {
      throw problem(name + " must hold keys and values");
    } else if (node != null) {
      into.put(prefix, node.toString());
    }
  }

  private static MessagingException problem(String text) {
    return new MessagingException(ErrorCode.CONFIG_INVALID, text);
  }
}
