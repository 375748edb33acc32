package dev.missive.examples.quickstart;

import dev.missive.Message;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads records, one JSON object a line, and makes messages of them. What is not JSON is published
 * all the same: the consumer decides what to do with it.
 */
final class Records implements AutoCloseable {
  /** Where the shipped records name the seismic network that measured them. */
  static final JsonPointer NETWORK = JsonPointer.compile("/properties/net");

  private static final String SHIPPED = "/data/earthquakes.ndjson";

  private final JsonMapper json = JsonMapper.builder().build();
  private final BufferedReader lines;
  private final String topic;
  private final JsonPointer key;

  private Records(InputStream in, String topic, JsonPointer key) {
    this.lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    this.topic = topic;
    this.key = key;
  }

  /**
   * The records of a file, of standard input ({@code -}), or the shipped ones (null).
   *
   * @param key where in a record its key stands; those without one have none
   */
  static Records open(@Nullable String input, String topic, JsonPointer key) throws IOException {
    if (input == null) {
      InputStream shipped = Records.class.getResourceAsStream(SHIPPED);
      if (shipped == null) {
        throw new IOException("the shipped records are missing from this build");
      }
      return new Records(shipped, topic, key);
    }
    if (input.equals("-")) {
      return new Records(System.in, topic, key);
    }
    Path file = Path.of(input);
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          Files.exists(file) ? file + " is not a file" : file + " does not exist");
    }
    try {
      return new Records(Files.newInputStream(file), topic, key);
    } catch (AccessDeniedException e) {
      // Its text is the path alone.
      throw new IOException(file + " may not be read: permission denied", e);
    }
  }

  /** The next message, which has no id yet; null at the end. */
  Message.@Nullable Builder next() throws IOException {
    String line = lines.readLine();
    while (line != null && line.isBlank()) {
      line = lines.readLine();
    }
    return line == null ? null : message(line);
  }

  private Message.Builder message(String line) {
    Message.Builder builder = Message.builder(topic).contentType("application/json").text(line);
    try {
      JsonNode record = json.readTree(line);
      // Records of one key keep their order.
      return builder.key(key(record.at(key))).type(type(record));
    } catch (JacksonException e) {
      return builder;
    }
  }

  private static @Nullable String type(JsonNode record) {
    String own = text(record.at("/properties/type"));
    return own == null ? text(record.at("/type")) : own;
  }

  /** Numbers are keys as good as texts. */
  private static @Nullable String key(JsonNode node) {
    return node.isNumber() ? node.toString() : text(node);
  }

  private static @Nullable String text(JsonNode node) {
    return node.isString() ? node.stringValue() : null;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
