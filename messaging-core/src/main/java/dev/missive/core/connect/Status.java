package dev.missive.core.connect;

import dev.missive.ConnectionState;
import dev.missive.Health;
import dev.missive.MessagingException;
import dev.missive.spi.Time;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The state a connection is in, since when and why, and who wants to know. Thread-safe. */
final class Status {
  private final Time time;
  private final Object lock = new Object();
  private final List<Connection.Listener> listeners = new CopyOnWriteArrayList<>();
  private ConnectionState state = ConnectionState.NEW;
  private String reason = "nothing has asked for the broker yet";
  private Instant since;

  Status(Time time) {
    this.time = time;
    this.since = time.now();
  }

  void listen(Connection.Listener listener) {
    listeners.add(listener);
  }

  ConnectionState state() {
    synchronized (lock) {
      return state;
    }
  }

  boolean closed() {
    return state() == ConnectionState.CLOSED;
  }

  Health.Connection health(String broker, @Nullable String version) {
    synchronized (lock) {
      return new Health.Connection(broker, version, state, reason, since);
    }
  }

  /** The next state, and everybody is told; nothing follows {@code CLOSED}. */
  void change(ConnectionState next, String text, @Nullable MessagingException error) {
    synchronized (lock) {
      if (state == ConnectionState.CLOSED) {
        return;
      }
      if (state != next) {
        since = time.now();
      }
      state = next;
      reason = text;
    }
    for (Connection.Listener listener : listeners) {
      listener.changed(next, error);
    }
  }
}
