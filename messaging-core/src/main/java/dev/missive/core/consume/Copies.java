package dev.missive.core.consume;

import dev.missive.DeadLetters.Reason;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.Position;
import dev.missive.core.publish.WireMessage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes the messages that replace a delivery: retry copies and dead letters. Both are made from the
 * raw delivery, so that id, key, payload, times and the application's headers stay as they are;
 * headers of ours are replaced, never appended.
 */
public final class Copies {
  private static final int MESSAGE_BYTES = 1024;
  private static final int STACK_BYTES = 8 * 1024;

  private final boolean texts;
  private final boolean stacks;
  private final Map<String, String> aliases;

  /**
   * Makes one.
   *
   * @param texts whether exception texts are kept (dead-letter.message), in stack traces too
   * @param stacks whether stack traces are kept (dead-letter.stack)
   * @param aliases further names for dead-letter headers (dead-letter.aliases)
   */
  public Copies(boolean texts, boolean stacks, Map<String, String> aliases) {
    this.texts = texts;
    this.stacks = stacks;
    this.aliases = Map.copyOf(aliases);
  }

  /** The copy that is run again. */
  static Message retry(Message raw, int attempt) {
    Map<String, String> headers = new LinkedHashMap<>(raw.headers());
    headers.remove(Header.NOT_BEFORE);
    if (attempt > 1) {
      headers.put(Header.ATTEMPT, Integer.toString(attempt));
    } else {
      headers.remove(Header.ATTEMPT);
    }
    return WireMessage.copy(raw, headers);
  }

  /**
   * The copy of a dead letter that goes back to its group: attempts start anew, how often it has
   * been here stays.
   *
   * @param letter the letter as it was delivered
   * @return what is sent to its group
   */
  public Message redriven(Message letter) {
    Map<String, String> headers = new LinkedHashMap<>(letter.headers());
    String count = headers.get(Header.DL_COUNT);
    // Only what was written beside its own header: another one of that name is the application's.
    aliases.forEach((name, alias) -> headers.remove(alias, headers.get(name)));
    headers.keySet().removeIf(name -> name.startsWith(Header.DL_PREFIX));
    headers.remove(Header.ATTEMPT);
    headers.remove(Header.NOT_BEFORE);
    headers.remove(Header.EXPIRES_AT);
    if (count != null) {
      headers.put(Header.DL_COUNT, count);
    }
    return WireMessage.copy(letter, headers);
  }

  /** The dead letter of a delivery. */
  Message deadLetter(
      Held held, String topic, String group, Verdict.Dead verdict, int failedRuns, Instant now) {
    Message raw = held.raw;
    Map<String, String> headers = new LinkedHashMap<>(raw.headers());
    int count = count(headers);
    headers.keySet().removeIf(name -> name.startsWith(Header.DL_PREFIX));
    headers.remove(Header.ATTEMPT);
    headers.remove(Header.NOT_BEFORE);
    put(headers, Header.DL_TOPIC, topic);
    put(headers, Header.DL_GROUP, group);
    put(headers, Header.DL_REASON, verdict.reason().text());
    Throwable error = verdict.error();
    if (error != null) {
      put(headers, Header.DL_ERROR, error.getClass().getName());
    }
    String text =
        verdict.text() == null && error != null
            ? told(error, Throwable::getMessage)
            : verdict.text();
    // A reason the handler gave is the application's own; the text of an exception may hold a
    // secret.
    if (text != null && (texts || verdict.reason() == Reason.REJECTED)) {
      put(headers, Header.DL_MESSAGE, bounded(text, MESSAGE_BYTES));
    }
    if (stacks && error != null) {
      put(headers, Header.DL_STACK, bounded(told(error, this::stack), STACK_BYTES));
    }
    put(headers, Header.DL_AT, now.truncatedTo(ChronoUnit.MILLIS).toString());
    put(headers, Header.DL_ATTEMPTS, Integer.toString(failedRuns));
    put(headers, Header.DL_COUNT, Integer.toString(count + 1));
    Instant published = raw.timestamp();
    if (published != null) {
      put(headers, Header.DL_TIMESTAMP, published.toString());
    }
    Position position = held.position();
    if (position != null) {
      put(headers, Header.DL_POSITION, position.toString());
    }
    return WireMessage.copy(raw, headers);
  }

  private void put(Map<String, String> headers, String name, String value) {
    headers.put(name, value);
    String alias = aliases.get(name);
    if (alias != null) {
      headers.put(alias, value);
    }
  }

  /**
   * How often it has been dead-lettered, by its header.
   *
   * @param headers of a message or a letter
   * @return zero if it does not say
   */
  public static int count(Map<String, String> headers) {
    try {
      return Math.max(0, Integer.parseInt(headers.getOrDefault(Header.DL_COUNT, "0")));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /**
   * What an exception says of itself. That is the application's code: if it fails, the letter is
   * written without it.
   */
  private static @Nullable String told(
      Throwable error, Function<Throwable, @Nullable String> what) {
    try {
      return what.apply(error);
    } catch (Throwable t) {
      return "(could not be read, it threw " + t.getClass().getName() + ")";
    }
  }

  private String stack(Throwable error) {
    if (!texts) {
      return BareStack.of(error);
    }
    StringWriter text = new StringWriter();
    error.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  /** Without control characters and cut to a size, at a character's border. */
  static String bounded(@Nullable String text, int maxBytes) {
    String clean = text == null ? "" : text.replaceAll("\\p{Cntrl}+", " ").strip();
    if (clean.length() * 3L <= maxBytes
        || clean.getBytes(StandardCharsets.UTF_8).length <= maxBytes) {
      return clean;
    }
    int bytes = 0;
    int end = 0;
    while (end < clean.length()) {
      int point = clean.codePointAt(end);
      int size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      if (bytes + size > maxBytes) {
        break;
      }
      bytes += size;
      end += Character.charCount(point);
    }
    return clean.substring(0, end);
  }
}
