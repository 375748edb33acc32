package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.Header;
import java.time.Instant;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a record, each read when somebody asks for it: most are never looked at, and the
 * poll thread has other things to do. As a map they are those that are no fields of a message. Of a
 * repeated one the last that has a value counts; one without a value is none. Thread-safe.
 */
final class KafkaHeaders extends AbstractMap<String, String> {
  static final String CONTENT_TYPE = "content-type";

  private static final Set<String> FIELDS =
      Set.of(
          Header.ID,
          Header.TOPIC,
          Header.TYPE,
          CONTENT_TYPE,
          Header.CORRELATION_ID,
          Header.TIMESTAMP,
          Header.PRIORITY);

  private final org.apache.kafka.common.header.Header[] all;
  private final int earlierRuns;
  private volatile @Nullable Map<String, String> read;

  /**
   * Makes one.
   *
   * @param earlierRuns how many runs have failed in process, in an earlier life
   */
  KafkaHeaders(Headers headers, int earlierRuns) {
    this.all = headers.toArray();
    this.earlierRuns = earlierRuns;
  }

  /** The last value of a header, whether it is a field or not; null if there is none. */
  @Nullable String text(String name) {
    for (int i = all.length - 1; i >= 0; i--) {
      if (all[i].key().equals(name)) {
        byte[] value = all[i].value();
        if (value != null) {
          return new String(value, UTF_8);
        }
      }
    }
    return null;
  }

  /** The same as a time; null if it is no number of milliseconds. */
  @Nullable Instant instant(String name) {
    String text = text(name);
    try {
      return text == null ? null : Instant.ofEpochMilli(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The same as a number; null if it is none. */
  @Nullable Integer number(String name) {
    String text = text(name);
    try {
      return text == null ? null : Integer.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  // ---- what is no field

  @Override
  public @Nullable String get(Object name) {
    if (earlierRuns > 0 && Header.ATTEMPT.equals(name)) {
      Integer attempt = number(Header.ATTEMPT);
      return Integer.toString((attempt == null ? 1 : attempt) + earlierRuns);
    }
    return name instanceof String text && !FIELDS.contains(text) ? text(text) : null;
  }

  @Override
  public boolean containsKey(Object name) {
    return get(name) != null;
  }

  @Override
  public boolean isEmpty() {
    if (earlierRuns > 0) {
      return false;
    }
    for (var header : all) {
      if (!FIELDS.contains(header.key()) && header.value() != null) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Set<Entry<String, String>> entrySet() {
    Map<String, String> entries = read;
    if (entries == null) {
      entries = Collections.unmodifiableMap(readAll());
      read = entries;
    }
    return entries.entrySet();
  }

  private Map<String, String> readAll() {
    Map<String, String> entries = new LinkedHashMap<>();
    for (var header : all) {
      byte[] value = header.value();
      if (value != null && !FIELDS.contains(header.key())) {
        entries.put(header.key(), new String(value, UTF_8));
      }
    }
    if (earlierRuns > 0) {
      entries.put(Header.ATTEMPT, String.valueOf(get(Header.ATTEMPT)));
    }
    return entries;
  }
}
