package dev.missive.core.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What lies outside the code: a value, so that tests need no global state.
 *
 * @param properties system properties
 * @param variables environment variables
 * @param files text of a file by its name: in the working directory, else on the class path; throws
 *     {@link UncheckedIOException} for one that is there and cannot be read
 */
public record Environment(
    Map<String, String> properties,
    Map<String, String> variables,
    Function<String, Optional<String>> files) {

  /** {@return the real one} */
  public static Environment system() {
    Map<String, String> properties = new HashMap<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      properties.put(name, System.getProperty(name, ""));
    }
    return new Environment(properties, System.getenv(), Environment::read);
  }

  /** {@return nothing at all} */
  public static Environment empty() {
    return new Environment(Map.of(), Map.of(), name -> Optional.empty());
  }

  private static Optional<String> read(String name) {
    try {
      return Optional.of(Files.readString(Path.of(name)));
    } catch (NoSuchFileException | InvalidPathException e) {
      return resource(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> resource(String name) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    URL found = (loader == null ? Environment.class.getClassLoader() : loader).getResource(name);
    if (found == null) {
      return Optional.empty();
    }
    try (InputStream in = found.openStream()) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
