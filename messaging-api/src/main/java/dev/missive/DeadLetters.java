package dev.missive;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The messages a group could not handle: look at them, run them again, throw them away. Calls wait
 * for the connection, at most {@code connect.timeout} (10 s), and then for the answer, at most
 * {@code admin.timeout} (60 s).
 *
 * @since 0.1
 */
public interface DeadLetters {

  /**
   * How many there are, at most 10 s old.
   *
   * @param topic the topic
   * @param group the group
   * @return zero or more
   * @throws MessagingException if the broker cannot be asked
   */
  long count(String topic, String group);

  /**
   * Opens a cursor. What it has read is hidden from others until it closes.
   *
   * @param topic the topic
   * @param group the group
   * @return a cursor at the first letter
   * @throws MessagingException if the broker cannot be asked
   */
  Cursor open(String topic, String group);

  /** Why a message was dead-lettered. */
  enum Reason {
    /** The last attempt failed. */
    ATTEMPTS_EXHAUSTED,
    /** {@link NotRetryableException}, or an exception named so by the policy. */
    NOT_RETRYABLE,
    /** {@link Outcome#deadLetter}. */
    REJECTED,
    /** It could not be decoded, verified or decrypted. */
    UNDECODABLE,
    /** The router has no handler for its type. */
    UNKNOWN_TYPE,
    /** Its time to live had passed and the consumer keeps expired messages. */
    EXPIRED,
    /** The broker's own brake: it was taken too often by consumers that crashed. */
    CRASH_LIMIT;

    private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /**
     * As it stands in {@link Header#DL_REASON}, for instance {@code attempts-exhausted}.
     *
     * @return never null
     */
    public String text() {
      return text;
    }
  }

  /**
   * Reads dead letters page by page and settles them. Not thread-safe. Close it: letters neither
   * redriven nor discarded then become visible to others.
   *
   * @since 0.1
   */
  interface Cursor extends AutoCloseable {

    /**
     * Reads on.
     *
     * @param max how many at most, at least 1
     * @return the next page, in the broker's order; empty when there are no more
     * @throws MessagingException if the broker cannot be reached; {@link ErrorCode#BACKPRESSURE} if
     *     the cursor holds 10 000 letters that were neither redriven nor discarded, and there are
     *     more
     */
    List<Letter> next(int max);

    /**
     * Removes one letter for good.
     *
     * @param letter one that {@link #next} returned
     * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if it is not of this cursor or
     *     was settled already
     */
    void discard(Letter letter);

    /**
     * Sends one letter to the group that failed, then removes it.
     *
     * @param letter one that {@link #next} returned
     * @throws MessagingException if it could not be stored; {@link ErrorCode#CONFIG_INVALID} if it
     *     has been dead-lettered five times or more, or does not say where it came from. The letter
     *     stays
     */
    void redrive(Letter letter);

    /**
     * Sends the remaining letters to the group that failed, each stored before it is removed, so
     * that an interrupted redrive can be repeated.
     *
     * @param options which, how many, how fast
     * @return what was done
     * @throws MessagingException if the broker cannot be reached; {@link ErrorCode#BACKPRESSURE} if
     *     it passed over 10 000 letters and there are more. Letters not sent stay
     */
    RedriveReport redrive(RedriveOptions options);

    @Override
    void close();
  }

  /**
   * One dead letter.
   *
   * @since 0.1
   */
  interface Letter {
    /**
     * The message as it failed.
     *
     * @return payload, key and headers unchanged; {@code topic()} is the original topic
     */
    ReceivedMessage message();

    /**
     * All headers, those of the dead letter ({@code missive-dl-…}) included.
     *
     * @return unmodifiable
     */
    Map<String, String> headers();

    /**
     * The original topic.
     *
     * @return null for foreign letters
     */
    @Nullable String topic();

    /**
     * The group that failed.
     *
     * @return null for foreign letters
     */
    @Nullable String group();

    /**
     * Why it is here.
     *
     * @return null for foreign letters
     */
    @Nullable Reason reason();

    /**
     * The class of the exception.
     *
     * @return null if there was none
     */
    @Nullable String error();

    /**
     * The text of the exception, or the reason the handler gave.
     *
     * @return null if there was none, or if texts are switched off
     */
    @Nullable String errorMessage();

    /**
     * When it was dead-lettered.
     *
     * @return null for foreign letters
     */
    @Nullable Instant at();

    /**
     * How many runs had failed.
     *
     * @return zero or more
     */
    int attempts();

    /**
     * How often it has been dead-lettered.
     *
     * @return at least 1
     */
    int count();
  }

  /**
   * Which letters a redrive takes. Immutable; methods return changed copies.
   *
   * @param filter which letters; the others stay
   * @param limit how many at most
   * @param perSecond how many a second at most; zero = as fast as it goes
   * @param dryRun counts and changes nothing
   * @param force redrives also what has been dead-lettered five times or more
   * @param target where letters go that do not say where they came from; empty = they stay and are
   *     reported
   * @since 0.1
   */
  record RedriveOptions(
      Predicate<Letter> filter,
      int limit,
      int perSecond,
      boolean dryRun,
      boolean force,
      Optional<Target> target) {

    /**
     * Checks the values.
     *
     * @param filter which letters; the others stay
     * @param limit how many at most
     * @param perSecond how many a second at most; zero = as fast as it goes
     * @param dryRun counts and changes nothing
     * @param force redrives also what has been dead-lettered five times or more
     * @param target where letters go that do not say where they came from; empty = they stay and
     *     are reported
     */
    public RedriveOptions {
      if (limit < 0 || perSecond < 0) {
        throw new MessagingException(
            ErrorCode.CONFIG_INVALID,
            "limit and perSecond of a redrive were "
                + limit
                + " and "
                + perSecond
                + " but must not be negative");
      }
    }

    /**
     * Everything, at full speed.
     *
     * @return the options
     */
    public static RedriveOptions all() {
      return new RedriveOptions(
          letter -> true, Integer.MAX_VALUE, 0, false, false, Optional.empty());
    }

    /**
     * Takes only some.
     *
     * @param wanted which
     * @return a changed copy
     */
    public RedriveOptions filter(Predicate<Letter> wanted) {
      return new RedriveOptions(wanted, limit, perSecond, dryRun, force, target);
    }

    /**
     * Stops after so many.
     *
     * @param letters zero or more
     * @return a changed copy
     */
    public RedriveOptions limit(int letters) {
      return new RedriveOptions(filter, letters, perSecond, dryRun, force, target);
    }

    /**
     * Slows down.
     *
     * @param letters per second; zero = as fast as it goes
     * @return a changed copy
     */
    public RedriveOptions perSecond(int letters) {
      return new RedriveOptions(filter, limit, letters, dryRun, force, target);
    }

    /**
     * Only counts.
     *
     * @return a changed copy
     */
    public RedriveOptions asDryRun() {
      return new RedriveOptions(filter, limit, perSecond, true, force, target);
    }

    /**
     * Takes letters that have come back too often as well.
     *
     * @return a changed copy
     */
    public RedriveOptions forced() {
      return new RedriveOptions(filter, limit, perSecond, dryRun, true, target);
    }

    /**
     * Says where foreign letters go.
     *
     * @param topic the topic
     * @param group the group
     * @return a changed copy
     */
    public RedriveOptions foreignTo(String topic, String group) {
      return new RedriveOptions(
          filter, limit, perSecond, dryRun, force, Optional.of(new Target(topic, group)));
    }
  }

  /**
   * A group of a topic.
   *
   * @param topic the topic
   * @param group the group
   */
  record Target(String topic, String group) {}
}
