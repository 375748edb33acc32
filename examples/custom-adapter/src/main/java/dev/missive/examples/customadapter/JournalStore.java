package dev.missive.examples.customadapter;

import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The journal of one directory as this process has it, shared by all its clients: a lock of a file
 * belongs to a process. Whoever changes something holds the lock of this process and that of the
 * file, so that changes happen one after another, over all processes. Thread-safe.
 */
final class JournalStore {
  private static final Map<Path, JournalStore> OPEN = new HashMap<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Runnable> users = new CopyOnWriteArrayList<>();
  private final Path directory;
  private final JournalFile file;
  private final JournalState state;
  private boolean force;

  /** What needs the journal to itself. */
  interface Work {
    void run() throws IOException;
  }

  private JournalStore(Path directory) throws IOException {
    this.directory = directory;
    this.file = new JournalFile(directory.resolve("journal"));
    this.state = new JournalState(file);
  }

  /**
   * Opens a journal, or the one that this process has open already.
   *
   * @param user run whenever another user has changed something; tells users apart
   */
  static JournalStore open(Path directory, Runnable user) throws IOException {
    synchronized (OPEN) {
      JournalStore store = OPEN.get(directory);
      if (store == null || !store.file.current()) {
        store = new JournalStore(directory);
        OPEN.put(directory, store);
      }
      store.users.add(user);
      return store;
    }
  }

  /** The last one to leave closes the file. */
  void close(Runnable user) throws IOException {
    synchronized (OPEN) {
      if (users.remove(user) && users.isEmpty()) {
        OPEN.remove(directory, this);
        lock.lock();
        try {
          file.close();
        } finally {
          lock.unlock();
        }
      }
    }
  }

  /** Looks at what others have written, without keeping them from writing. */
  void look(Work work) throws IOException {
    lock.lock();
    try {
      file.readNew(state::apply);
      work.run();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs work while nobody else reads or writes, in any process. When it returned true, what the
   * work appended is in the file, and on the disk if it is durable; then the other clients of this
   * process are woken.
   *
   * @return false if another process has the journal now
   */
  boolean alone(Runnable user, Work work) throws IOException {
    lock.lock();
    try (FileLock other = file.tryLock()) {
      if (other == null) {
        return false;
      }
      file.readNew(state::apply);
      file.repair();
      long before = file.end();
      work.run();
      flush();
      if (force) {
        force = false;
        file.force();
      }
      if (file.end() > before) {
        users.stream().filter(each -> each != user).forEach(Runnable::run);
      }
      return true;
    } finally {
      file.discard();
      lock.unlock();
    }
  }

  // ---- only for work

  /** Adds a record; gives its place. */
  long append(JournalRecord record) throws IOException {
    force |= record.durable();
    return file.append(record);
  }

  /** What is known, with everything that was appended. */
  JournalState state() throws IOException {
    flush();
    return state;
  }

  JournalRecord record(long at) throws IOException {
    return file.record(at);
  }

  /** Our own records count only once they were read, as those of everybody else. */
  private void flush() throws IOException {
    file.write();
    file.readNew(state::apply);
  }
}
