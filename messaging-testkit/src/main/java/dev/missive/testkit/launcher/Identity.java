package dev.missive.testkit.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process, told apart from a later one with the same number.
 *
 * @param pid its number
 * @param start when it began, in the kernel's ticks since boot
 */
record Identity(long pid, long start) {
  private static final int START = 19;

  /** Empty if there is no such process. */
  static Optional<Identity> of(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // The name of the program, in brackets, may hold blanks.
      String[] rest = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return Optional.of(new Identity(pid, Long.parseLong(rest[START])));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<Identity> parse(String text) {
    String[] parts = text.split("-");
    try {
      return parts.length == 2
          ? Optional.of(new Identity(Long.parseLong(parts[0]), Long.parseLong(parts[1])))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  boolean alive() {
    return of(pid).filter(this::equals).isPresent();
  }

  @Override
  public String toString() {
    return pid + "-" + start;
  }
}
