package dev.missive.examples.customadapter;

import java.io.IOException;
import java.nio.file.Path;

/** What one connection lasts: an open journal and a session in it. */
final class JournalEpoch {
  final JournalStore store;
  final JournalSession session;
  private final Runnable user;
  private volatile boolean alive = true;

  private JournalEpoch(JournalStore store, JournalSession session, Runnable user) {
    this.store = store;
    this.session = session;
    this.user = user;
  }

  static JournalEpoch open(Path directory, Runnable user) throws IOException {
    JournalStore store = JournalStore.open(directory, user);
    try {
      return new JournalEpoch(store, JournalSession.open(directory), user);
    } catch (IOException e) {
      store.close(user);
      throw e;
    }
  }

  /** As {@link JournalStore#alone}. */
  boolean alone(JournalStore.Work work) throws IOException {
    return store.alone(user, work);
  }

  boolean alive() {
    return alive;
  }

  /** Everything unsettled goes back: whoever looks next finds the session gone. */
  void close() {
    alive = false;
    session.close();
    try {
      store.close(user);
    } catch (IOException e) {
      // Nothing is written on closing: what was confirmed is in the file.
    }
  }
}
