package dev.missive.core.consume;

import dev.missive.ErrorCode;
import dev.missive.Header;
import dev.missive.MessagingException;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What our own headers say of a delivery, read once at intake. Messages that nothing is said of, as
 * of most, share one of these.
 *
 * @param attempt which run comes next, as far as the broker knows
 * @param maxAttempts the message's own limit of runs, 0 if it has none
 * @param expiresAt when it is not wanted any more; null if it always is
 * @param notBefore the earliest instant of handling; null if none
 * @param malformed why they cannot be read; null if they can
 */
record OwnHeaders(
    int attempt,
    int maxAttempts,
    @Nullable Instant expiresAt,
    @Nullable Instant notBefore,
    @Nullable MessagingException malformed) {
  private static final OwnHeaders NONE = new OwnHeaders(1, 0, null, null, null);

  static OwnHeaders of(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return NONE;
    }
    int attempt = 1;
    int maxAttempts = 0;
    Instant expiresAt = null;
    Instant notBefore = null;
    MessagingException malformed = null;
    try {
      attempt = count(headers, Header.ATTEMPT, attempt);
      maxAttempts = count(headers, Header.MAX_ATTEMPTS, maxAttempts);
      expiresAt = instant(headers, Header.EXPIRES_AT);
      notBefore = instant(headers, Header.NOT_BEFORE);
    } catch (MessagingException e) {
      // What was read before counts: a dead letter says how many runs failed.
      malformed = e;
    }
    OwnHeaders read = new OwnHeaders(attempt, maxAttempts, expiresAt, notBefore, malformed);
    return read.equals(NONE) ? NONE : read;
  }

  private static int count(Map<String, String> headers, String name, int absent) {
    String text = headers.get(name);
    return text == null ? absent : (int) number(name, text, Integer.MAX_VALUE);
  }

  private static @Nullable Instant instant(Map<String, String> headers, String name) {
    String text = headers.get(name);
    return text == null ? null : Instant.ofEpochMilli(number(name, text, Long.MAX_VALUE));
  }

  private static long number(String name, String text, long most) {
    try {
      long number = Long.parseLong(text);
      if (number >= 1 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, without the text: it is not ours.
    }
    throw new MessagingException(
        ErrorCode.UNDECODABLE, "the header " + name + " is not a number in its range");
  }
}
