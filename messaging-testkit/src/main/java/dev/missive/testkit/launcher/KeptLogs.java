package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where logs of brokers outlive them: data folders are deleted, whatever a failure left there. */
final class KeptLogs {
  private static final int RUN_BROKER_AND_NODE = 3;

  private KeptLogs() {}

  /** The log of the node with that folder; empty if it goes with the folder. */
  static Optional<Path> file(Path node) {
    return file(
        node, System.getProperty("missive.broker.logs", System.getenv("MISSIVE_BROKER_LOGS")));
  }

  static Optional<Path> file(Path node, @Nullable String chosen) {
    if (chosen == null || chosen.isBlank()) {
      return Optional.empty();
    }
    try {
      int names = node.getNameCount();
      // The name of the run says which process of ours it belonged to.
      String name = node.subpath(names - RUN_BROKER_AND_NODE, names).toString();
      return Optional.of(
          Files.createDirectories(Path.of(chosen))
              .resolve(name.replace(File.separatorChar, '-') + ".txt"));
    } catch (IOException e) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "missive.broker.logs (MISSIVE_BROKER_LOGS) was \""
              + chosen
              + "\" but must be a folder, or one that can be made: "
              + e,
          e);
    }
  }
}
