package dev.missive.benchmarks;

import java.security.CodeSource;

/** Says which version of a library is measured. Holds no state. */
final class Jar {
  private Jar() {}

  /** The name of the jar a class comes from, which ends in its version. */
  static String of(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    String path = source == null ? type.getName() : source.getLocation().getPath();
    return path.substring(path.lastIndexOf('/') + 1).replace(".jar", "");
  }
}
