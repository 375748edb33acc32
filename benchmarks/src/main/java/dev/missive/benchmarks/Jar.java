package dev.missive.benchmarks;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;

/** Says where a class comes from, and which version of a library that is. Holds no state. */
final class Jar {
  private Jar() {}

  /** The name of the jar a class comes from, which ends in its version. */
  static String of(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    String path = source == null ? type.getName() : source.getLocation().getPath();
    return path.substring(path.lastIndexOf('/') + 1).replace(".jar", "");
  }

  /** The jar or folder a class comes from. */
  static Path file(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
