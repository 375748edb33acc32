package dev.missive.testkit.contract;

import dev.missive.spi.Broker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The death of a client at a point of its work, as a killed process dies: from that moment on
 * nothing passes in either direction, and its connections are closed without settling anything.
 * Acknowledgements that the adapter has taken before may still reach the broker. Thread-safe.
 */
final class Crash {
  private static final Duration LAST_WORD = Duration.ofSeconds(1);

  private final List<Broker> connections = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable CrashPoint> planned = new AtomicReference<>();
  private volatile boolean dead;
  private volatile boolean gone;

  void connection(Broker made) {
    connections.add(made);
  }

  void plan(CrashPoint point) {
    planned.set(point);
  }

  /** The client has come to a point; whether it is dead now. */
  boolean at(CrashPoint point) {
    if (planned.compareAndSet(point, null)) {
      dead = true;
      // Whoever comes to a point may be a thread that closing waits for.
      Probe.run(this::disconnect);
    }
    return dead;
  }

  boolean dead() {
    return dead;
  }

  /** For a clock that is moved by hand, which must not go on while a client dies. */
  long activity() {
    return dead && !gone ? -1 : connections.size();
  }

  /** Whether the connections of a dead client are closed too. */
  boolean gone() {
    return gone;
  }

  private void disconnect() {
    // Behind what it has settled already: its last acknowledgement was made before it died.
    connections.forEach(made -> made.close(LAST_WORD).toCompletableFuture().join());
    gone = true;
  }
}
