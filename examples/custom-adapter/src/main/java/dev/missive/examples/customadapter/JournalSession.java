package dev.missive.examples.customadapter;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The sign of life of one client: a file that it keeps locked. The operating system ends the lock
 * with the process, however that dies; an administrator ends the session by deleting the file. A
 * process that merely stands still keeps what it holds. Thread-safe.
 */
final class JournalSession implements AutoCloseable {
  /** Asking for a lock that our own process has would end it on some systems. */
  private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

  private static final String FOLDER = "sessions";

  final String id = UUID.randomUUID().toString();
  private final Path file;
  private final FileChannel channel;

  private JournalSession(Path folder) throws IOException {
    this.file = folder.resolve(id);
    // Nobody may find it without its lock.
    Path hidden = folder.resolve("." + id);
    this.channel =
        FileChannel.open(hidden, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    channel.lock();
    OURS.add(file);
    Files.move(hidden, file, StandardCopyOption.ATOMIC_MOVE);
  }

  static JournalSession open(Path directory) throws IOException {
    return new JournalSession(Files.createDirectories(directory.resolve(FOLDER)));
  }

  boolean alive() {
    return Files.exists(file);
  }

  /** Those of all members and files whose client is gone; their files are gone as well then. */
  static Set<String> dead(Path directory, Set<String> members) throws IOException {
    Path folder = directory.resolve(FOLDER);
    Set<String> dead = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (!OURS.contains(file) && free(file)) {
          Files.deleteIfExists(file);
          dead.add(file.getFileName().toString());
        }
      }
    }
    for (String member : members) {
      String session = member.substring(0, member.indexOf('/'));
      if (!Files.exists(folder.resolve(session))) {
        dead.add(session);
      }
    }
    return dead;
  }

  private static boolean free(Path file) throws IOException {
    if (file.getFileName().toString().startsWith(".")) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock != null;
    } catch (NoSuchFileException e) {
      // Its client has just left.
      return false;
    }
  }

  @Override
  public void close() {
    try (channel) {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The lock goes with the channel; whoever finds the file without one deletes it.
    }
    OURS.remove(file);
  }
}
