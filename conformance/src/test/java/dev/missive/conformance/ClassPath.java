package dev.missive.conformance;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What a class path is made of, for tests that need one of their own. */
final class ClassPath {
  /** One class of each library that the runtime cannot start without. */
  private static final List<String> CORE_NEEDS =
      List.of(
          "tools.jackson.databind.ObjectMapper",
          "tools.jackson.core.JsonParser",
          "com.fasterxml.jackson.annotation.JsonInclude");

  private ClassPath() {}

  /** Jars and folders of these classes, and of what the runtime needs. */
  static Stream<URL> of(Class<?>... types) {
    return Stream.concat(Stream.of(types), CORE_NEEDS.stream().map(ClassPath::type))
        .map(type -> type.getProtectionDomain().getCodeSource().getLocation());
  }

  /** As the command line of java has it. */
  static String file(URL part) {
    try {
      return Path.of(part.toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
