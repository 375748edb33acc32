package dev.missive.testkit.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of this JVM for the data of its brokers. Its name says who owns it and a file for each
 * process says what runs, so that a later JVM can clean up after one that was killed. Thread-safe.
 */
final class RunFolder {
  private static final String PROCESSES = "processes";
  private static final Duration DYING = Duration.ofSeconds(5);

  private static final Object LOCK = new Object();
  private static @Nullable RunFolder instance;

  private final Path folder;
  private final AtomicInteger count = new AtomicInteger();

  private RunFolder(Path folder) {
    this.folder = folder;
  }

  /** The one of this JVM; the first call sweeps up after the dead. */
  static RunFolder get() {
    synchronized (LOCK) {
      RunFolder made = instance;
      if (made == null) {
        made = create();
        instance = made;
      }
      return made;
    }
  }

  private static RunFolder create() {
    try {
      Path runs = Files.createDirectories(BrokerHome.cache().resolve("run"));
      sweep(runs);
      Identity self = Identity.of(ProcessHandle.current().pid()).orElseThrow();
      Path mine = runs.resolve(mark() + "-" + self);
      Files.createDirectories(mine.resolve(PROCESSES));
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> clear(mine), "missive-launcher-shutdown"));
      return new RunFolder(mine);
    } catch (IOException e) {
      throw BrokerHome.unusable(e);
    }
  }

  /** A fresh folder for one broker. */
  Path fresh(String name) throws IOException {
    return Files.createDirectories(folder.resolve(name + "-" + count.incrementAndGet()));
  }

  void started(long pid) throws IOException {
    Optional<Identity> identity = Identity.of(pid);
    if (identity.isPresent()) {
      Files.writeString(folder.resolve(PROCESSES).resolve(identity.get().toString()), "");
    }
  }

  void ended(Identity identity) {
    try {
      Files.deleteIfExists(folder.resolve(PROCESSES).resolve(identity.toString()));
    } catch (IOException e) {
      throw BrokerHome.unusable(e);
    }
  }

  /** Ends what JVMs left that were killed. Those that live, and other machines, are not touched. */
  static void sweep(Path runs) throws IOException {
    String here = mark() + "-";
    for (Path run : list(runs)) {
      String name = run.getFileName().toString();
      if (!name.startsWith(here)) {
        continue;
      }
      Optional<Identity> owner = Identity.parse(name.substring(here.length()));
      if (owner.isPresent() && !owner.get().alive()) {
        clear(run);
      }
    }
  }

  /** Kills the processes that are proven to be those of this folder, and deletes it. */
  private static void clear(Path run) {
    List<Identity> killed = new ArrayList<>();
    for (Path file : list(run.resolve(PROCESSES))) {
      Identity.parse(file.getFileName().toString())
          .filter(Identity::alive)
          .ifPresent(
              identity -> {
                ProcessHandle.of(identity.pid()).ifPresent(ProcessHandle::destroyForcibly);
                killed.add(identity);
              });
    }
    long end = System.nanoTime() + DYING.toNanos();
    while (killed.stream().anyMatch(Identity::alive) && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(10_000_000);
    }
    delete(run);
  }

  static void delete(Path folder) {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException e) {
      // Somebody else was faster.
    } catch (IOException | UncheckedIOException e) {
      // A process that is still dying writes; the next sweep takes it.
    }
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Numbers of processes mean something on this boot and in this container alone. */
  static String mark() {
    try {
      String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      String space = Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
      return Integer.toHexString((boot + space).hashCode());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
