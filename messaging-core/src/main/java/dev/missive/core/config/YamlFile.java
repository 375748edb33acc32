package dev.missive.core.config;

import dev.missive.MessagingException;
import dev.missive.core.config.ConfigFile.Line;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Reads YAML as nodes, which know their lines. No object is made of them, and no tag is allowed
 * that would ask for one. Messages never quote the file, which may hold secrets.
 */
final class YamlFile {
  private static final int DEEPEST = 20;
  private static final Set<Tag> PLAIN =
      Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.MAP, Tag.SEQ);

  private final String name;
  private final Map<String, Line> values = new LinkedHashMap<>();

  private YamlFile(String name) {
    this.name = name;
  }

  static Map<String, Line> parse(String name, String text) {
    YamlFile file = new YamlFile(name);
    file.nodes(text).ifPresent(root -> file.flatten(root, "", root, 0));
    return file.values;
  }

  private Optional<Node> nodes(String text) {
    try {
      LoadSettings settings = LoadSettings.builder().setLabel(name).build();
      return new Composer(settings, new ParserImpl(settings, new StreamReader(settings, text)))
          .getSingleNode();
    } catch (YamlEngineException e) {
      Optional<Mark> mark =
          e instanceof MarkedYamlEngineException marked
              ? marked.getProblemMark()
              : Optional.empty();
      throw ConfigFile.problem(
          name
              + " is not valid YAML"
              + mark.map(
                      at -> " at line " + (at.getLine() + 1) + ", column " + (at.getColumn() + 1))
                  .orElse(""));
    }
  }

  /** Values are reported at the line of their key: that is where people look. */
  private void flatten(Node node, String prefix, Node at, int depth) {
    if (!PLAIN.contains(node.getTag())) {
      throw problem(node, "has a tag, which settings must not have");
    }
    if (depth > DEEPEST) {
      throw problem(node, "is nested too deeply");
    }
    if (node instanceof MappingNode map) {
      for (NodeTuple tuple : map.getValue()) {
        Node keyNode = tuple.getKeyNode();
        String key = scalar(keyNode);
        if (key == null) {
          throw problem(keyNode, "must have a plain key");
        }
        String full = prefix.isEmpty() ? key : prefix + "." + key;
        flatten(tuple.getValueNode(), full, keyNode, depth + 1);
      }
    } else if (node instanceof SequenceNode list && !prefix.isEmpty()) {
      put(prefix, list(list), at);
    } else if (!Tag.NULL.equals(node.getTag())) {
      String text = scalar(node);
      if (prefix.isEmpty() || text == null) {
        throw problem(node, "must hold keys and values");
      }
      put(prefix, text, at);
    }
  }

  private String list(SequenceNode node) {
    return node.getValue().stream()
        .map(
            part -> {
              String text = scalar(part);
              if (text == null) {
                throw problem(part, "must be a list of plain values");
              }
              return text;
            })
        .collect(Collectors.joining(","));
  }

  private static @Nullable String scalar(Node node) {
    return node instanceof ScalarNode scalar && PLAIN.contains(node.getTag())
        ? scalar.getValue()
        : null;
  }

  private void put(String key, String text, Node at) {
    Line before = values.putIfAbsent(key, new Line(text, line(at)));
    if (before != null) {
      throw problem(at, "sets " + key + " again, which line " + before.number() + " sets");
    }
  }

  private MessagingException problem(Node node, String what) {
    return ConfigFile.problem(name + ", line " + line(node) + ": " + what);
  }

  private static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
  }
}
