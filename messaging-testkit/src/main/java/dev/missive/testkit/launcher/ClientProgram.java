package dev.missive.testkit.launcher;

import dev.missive.MessagingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A program of others that talks to brokers: {@code amqp-publish}, {@code amqp-get} and {@code
 * kcat}, which {@code scripts/fetch-brokers clients} puts beside the brokers. Immutable.
 *
 * @since 0.1
 */
public final class ClientProgram {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path program;

  private ClientProgram(Path program) {
    this.program = program;
  }

  /**
   * Tells whether it can be run here.
   *
   * @param name its name
   * @return what is missing and what to do; empty if nothing is
   */
  public static Optional<String> missing(String name) {
    if (Files.isExecutable(path(name))) {
      return Optional.empty();
    }
    return Optional.of(
        "No " + name + " in " + path(name).getParent() + ". Run scripts/fetch-brokers clients");
  }

  /**
   * Finds one.
   *
   * @param name its name
   * @return to be run as often as wanted
   * @throws BrokerMissingException if it is not there
   */
  public static ClientProgram named(String name) {
    missing(name)
        .ifPresent(
            reason -> {
              throw new BrokerMissingException(reason);
            });
    return new ClientProgram(path(name));
  }

  private static Path path(String name) {
    return BrokerHome.cache().resolve("brokers").resolve("clients").resolve(name);
  }

  /**
   * Runs it and waits, two minutes at most.
   *
   * @param input what it reads
   * @param arguments what it is told
   * @return what it printed, errors included
   * @throws MessagingException MSG-INTERNAL, with what it printed, if it fails or does not end
   */
  public String run(byte[] input, String... arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    try {
      Path file = Files.createTempFile("missive-input", ".bin");
      try {
        return Shell.run(PATIENCE, Files.write(file, input), command);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
