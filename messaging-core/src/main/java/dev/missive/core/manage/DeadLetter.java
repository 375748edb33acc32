package dev.missive.core.manage;

import dev.missive.DeadLetters.Letter;
import dev.missive.DeadLetters.Reason;
import dev.missive.Header;
import dev.missive.ReceivedMessage;
import dev.missive.core.consume.Received;
import dev.missive.spi.Delivery;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One delivery of a dead-letter subscription, read through its headers. For those that the broker
 * itself dead-lettered the adapter fills them in.
 */
final class DeadLetter implements Letter {
  final Delivery delivery;
  private final Map<String, String> headers;
  private final ReceivedMessage message;

  DeadLetter(Delivery delivery) {
    this.delivery = delivery;
    this.headers = Collections.unmodifiableMap(delivery.message().headers());
    this.message = Received.of(delivery, headers.get(Header.DL_GROUP));
  }

  @Override
  public ReceivedMessage message() {
    return message;
  }

  @Override
  public Map<String, String> headers() {
    return headers;
  }

  @Override
  public @Nullable String topic() {
    return headers.get(Header.DL_TOPIC);
  }

  @Override
  public @Nullable String group() {
    return headers.get(Header.DL_GROUP);
  }

  @Override
  public @Nullable Reason reason() {
    String text = headers.get(Header.DL_REASON);
    if (text == null) {
      return null;
    }
    String name = text.toUpperCase(Locale.ROOT).replace('-', '_');
    return List.of(Reason.values()).stream()
        .filter(reason -> reason.name().equals(name))
        .findFirst()
        .orElse(null);
  }

  @Override
  public @Nullable String error() {
    return headers.get(Header.DL_ERROR);
  }

  @Override
  public @Nullable String errorMessage() {
    return headers.get(Header.DL_MESSAGE);
  }

  @Override
  public @Nullable Instant at() {
    try {
      String text = headers.get(Header.DL_AT);
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      return null;
    }
  }

  @Override
  public int attempts() {
    return number(Header.DL_ATTEMPTS, 0);
  }

  @Override
  public int count() {
    return Math.max(1, number(Header.DL_COUNT, 1));
  }

  private int number(String name, int absent) {
    try {
      return Integer.parseInt(headers.getOrDefault(name, Integer.toString(absent)));
    } catch (NumberFormatException e) {
      return absent;
    }
  }

  /** Names no payload and no header value. */
  @Override
  public String toString() {
    return "Letter[" + message + ", reason=" + reason() + ", count=" + count() + "]";
  }
}
