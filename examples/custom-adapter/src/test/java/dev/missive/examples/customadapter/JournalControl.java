package dev.missive.examples.customadapter;

import dev.missive.testkit.contract.Control;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What can be done to a journal from outside. */
final class JournalControl
    implements Control.Restart,
        Control.Power,
        Control.Cut,
        Control.Connections,
        Control.Inventory,
        Control.Tampering,
        Control.Operations {
  private final Path directory;
  private final Path away;

  JournalControl(Path directory) {
    this.directory = directory;
    this.away = directory.resolveSibling("away");
    unchecked(() -> Files.createDirectories(directory));
  }

  String directory() {
    return directory.toString();
  }

  @Override
  public void mend() {
    if (Files.exists(away)) {
      up();
    }
  }

  /** The directory is not there, as when its disk is not mounted. */
  @Override
  public void down() {
    alone(directory, store -> Files.move(directory, away));
  }

  @Override
  public void up() {
    unchecked(() -> Files.move(away, directory));
  }

  /** Every client loses its session and reads everything from another file than before. */
  @Override
  public List<Long> restart() {
    alone(
        directory,
        store -> {
          Files.move(directory, away);
          Files.createDirectories(directory);
          Files.copy(away.resolve("journal"), directory.resolve("journal"));
        });
    unchecked(() -> delete(away));
    return List.of();
  }

  /** Ends all sessions, as an administrator would. */
  @Override
  public void cut() {
    unchecked(
        () -> {
          try (Stream<Path> files = Files.list(directory.resolve("sessions"))) {
            for (Path file : files.toList()) {
              Files.deleteIfExists(file);
            }
          }
        });
  }

  @Override
  public int connections() {
    try (Stream<Path> files = Files.list(directory.resolve("sessions"))) {
      return (int) files.count();
    } catch (IOException e) {
      return 0;
    }
  }

  @Override
  public void deleteTopic(String topic) {
    alone(
        Files.exists(away) ? away : directory,
        store -> store.append(new JournalRecord.Deleted(topic)));
  }

  @Override
  public boolean topicExists(String topic) {
    boolean[] found = new boolean[1];
    alone(directory, store -> found[0] = store.state().has("topic " + topic));
    return found[0];
  }

  /** Only BROADCAST and REQUEST would need some. */
  @Override
  public int temporary() {
    return 0;
  }

  @Override
  public void change(String topic, String group) {
    alone(
        directory,
        store -> store.append(new JournalRecord.Group(topic, group, true, JournalRecord.NOW)));
  }

  /** How many bytes were ever written. */
  @Override
  public long operations() {
    try {
      return Files.size(directory.resolve("journal"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- the raw client

  private interface Change {
    void make(JournalStore store) throws IOException;
  }

  private interface Work {
    void run() throws IOException;
  }

  private void alone(Path where, Change change) {
    unchecked(
        () -> {
          Runnable nobody = () -> {};
          JournalStore store = JournalStore.open(where, nobody);
          try {
            while (!store.alone(nobody, () -> change.make(store))) {
              Thread.onSpinWait();
            }
          } finally {
            store.close(nobody);
          }
        });
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static void unchecked(Work work) {
    try {
      work.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
