package dev.missive.spi;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.Position;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One message in the hands of this client. Thread-safe; belongs to one epoch (connection or
 * assignment). Nothing here blocks; a thread that is interrupted settles like any other.
 *
 * @since 0.1
 */
public interface Delivery {

  /**
   * The message, a lazy view over the client's record, valid until it is settled.
   *
   * @return its {@code headers()} hold the application's and all of {@link Header} that the adapter
   *     does not map to a field, as they came; its {@code topic()} is {@link Header#TOPIC} where
   *     that is present
   */
  Message message();

  /**
   * Where it lies.
   *
   * @return null where the broker has no positions
   */
  @Nullable Position position();

  /**
   * What it belongs to, compared by identity.
   *
   * @return the same object for all deliveries of one connection or assignment
   */
  Object epoch();

  /**
   * Done: the broker shall forget it. Queued in order, flushed at least once a second and by {@link
   * Subscription#close()}.
   *
   * @return what came of it
   */
  Settled ack();

  /**
   * Not started: the broker shall give it to somebody, unharmed and uncounted, near its old place
   * where it can.
   *
   * @return what came of it
   */
  Settled release();

  /**
   * Notes how many runs have failed in process, so that a crash repeats fewer of them; where the
   * broker has no place for it, does nothing.
   *
   * @param count at least 1
   */
  void failedRuns(int count);

  /**
   * The client's own record.
   *
   * @param type the wanted class
   * @param <T> its type
   * @return empty if there is nothing of that class
   */
  <T> Optional<T> unwrap(Class<T> type);

  /** What came of settling. */
  enum Settled {
    /** It was settled now. */
    DONE,
    /** It had been settled before; nothing changed. */
    ALREADY,
    /** Its epoch is over; nothing changed, and the broker gives the message to somebody. */
    STALE
  }
}
