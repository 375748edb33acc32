package dev.missive.core.publish;

import dev.missive.core.connect.Connection;
import dev.missive.spi.Sender;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Takes senders from the adapter, one after another as they die. Guarded by its {@link Outbox}. */
final class Senders {
  private static final Logger LOG = System.getLogger(Senders.class.getName());

  private final Connection connection;
  private final Duration deadline;

  /** Those that died, or were not made, one after another while the link stood. */
  private int deaths;

  /**
   * Has none yet.
   *
   * @param deadline how long the client may try by itself
   */
  Senders(Connection connection, Duration deadline) {
    this.connection = connection;
    this.deadline = deadline;
  }

  /** Asks the adapter, on no lock that its answers need; null if it failed. */
  @Nullable Sender next() {
    try {
      return connection.broker().sender(deadline);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.WARNING, "the adapter made no sender and is asked again", e);
      return null;
    }
  }

  /** The last one works. */
  void works() {
    deaths = 0;
  }

  /** {@return how long to wait for the next one, since the last one is dead} */
  Duration died() {
    return connection.settings().backoff().after(++deaths);
  }
}
