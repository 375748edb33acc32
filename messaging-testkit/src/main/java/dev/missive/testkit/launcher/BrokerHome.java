package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where scripts/fetch-brokers put a broker.
 *
 * @param folder its files
 * @param version what the folder holds
 */
record BrokerHome(Path folder, String version) {

  /** The cache folder of the user's. */
  static Path cache() {
    String chosen = System.getProperty("missive.cache", System.getenv("MISSIVE_CACHE"));
    if (chosen != null && !chosen.isBlank()) {
      return Path.of(chosen);
    }
    // As scripts see it: user.home is what the system's table of users says.
    String home = System.getenv("HOME");
    return Path.of(home == null ? System.getProperty("user.home") : home, ".cache", "missive");
  }

  /** What is thrown when the folder cannot be read or written. */
  static MessagingException unusable(IOException cause) {
    return new MessagingException(
        ErrorCode.CONFIG_INVALID,
        "The cache folder "
            + cache()
            + " cannot be used: "
            + cause
            + ". Make it writable, or set MISSIVE_CACHE to another",
        cause);
  }

  static BrokerHome of(BrokerOptions options) {
    Optional<String> missing = missing(options);
    if (missing.isPresent()) {
      throw new BrokerMissingException(missing.get());
    }
    try {
      // The real path: the link may point elsewhere tomorrow.
      Path folder = link(options).toRealPath();
      return new BrokerHome(folder, Files.readString(folder.resolve("version")).strip());
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  static Optional<String> missing(BrokerOptions options) {
    if (!Files.isReadable(Path.of("/proc/self/stat"))) {
      return Optional.of(
          "Brokers are started as processes on Linux only. Set "
              + options.kind().variable()
              + " to one that runs");
    }
    if (Files.isRegularFile(link(options).resolve("version"))) {
      return Optional.empty();
    }
    return Optional.of(
        "No "
            + name(options)
            + " in "
            + cache().resolve("brokers")
            + ". Run scripts/fetch-brokers "
            + name(options)
            + ", or set "
            + options.kind().variable()
            + " to one that runs");
  }

  private static Path link(BrokerOptions options) {
    return cache().resolve("brokers").resolve(name(options));
  }

  private static String name(BrokerOptions options) {
    return options.kind().id() + (options.oldest() ? "-oldest" : "");
  }
}
