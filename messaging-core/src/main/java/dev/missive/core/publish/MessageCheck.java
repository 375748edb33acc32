package dev.missive.core.publish;

import dev.missive.ErrorCode;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.core.connect.Connection;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The limits and names of semantics.md, checked before anything reaches a client library.
 * Thread-safe.
 */
public final class MessageCheck {
  private static final int KEY_BYTES = 255;
  private static final int HEADERS = 64;
  private static final int HEADER_BYTES = 16 * 1024;
  private static final int HEADER_NAME = 64;
  private static final int KNOWN_TOPICS = 10_000;

  private final long maxBytes;
  private final Set<String> topics = ConcurrentHashMap.newKeySet();

  /**
   * Makes one.
   *
   * @param maxBytes the largest message, body and headers
   */
  public MessageCheck(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Checks everything but the size of the body, which interceptors may change.
   *
   * @param message what is published
   * @throws MessagingException NAME_INVALID, HEADER_INVALID or TOO_LARGE
   */
  public void fields(Message message) {
    topic(message.topic());
    int key = message.keySize();
    if (key > KEY_BYTES) {
      throw new MessagingException(
          ErrorCode.TOO_LARGE,
          "the key of a message to "
              + message.topic()
              + " has "
              + key
              + " bytes, the limit of Missive is "
              + KEY_BYTES);
    }
    text("id", message.id());
    text("type", message.type());
    text("contentType", message.contentType());
    text("correlationId", message.correlationId());
    text("replyTo", message.replyTo());
    headers(message.headers());
  }

  /**
   * Checks the size and adds it up.
   *
   * @param message what is published, after its interceptors
   * @return body and headers in bytes
   * @throws MessagingException TOO_LARGE
   */
  public int size(Message message) {
    long size = (long) message.bodySize() + message.keySize();
    Map<String, String> headers = message.headers();
    if (!headers.isEmpty()) {
      size += headerBytes(headers);
    }
    if (size > maxBytes) {
      throw new MessagingException(
          ErrorCode.TOO_LARGE,
          tooLarge(message, size, "the limit set by message.max-bytes", maxBytes));
    }
    return (int) size;
  }

  /** How large it is, and what the broker's limit is. */
  static String tooLarge(Message message, long size, Connection connection, long limit) {
    return tooLarge(message, size, "the limit of " + connection.brokerName(), limit);
  }

  private static String tooLarge(Message message, long size, String whose, long limit) {
    return "a message to "
        + message.topic()
        + " has "
        + size
        + " bytes of body, key and headers, "
        + whose
        + " is "
        + limit
        + ". Send a reference instead, or raise the limit here and at the broker";
  }

  private void topic(String topic) {
    if (!topics.contains(topic)) {
      Names.topic(topic);
      if (topics.size() < KNOWN_TOPICS) {
        topics.add(topic);
      }
    }
  }

  private static void headers(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return;
    }
    if (headers.size() > HEADERS) {
      throw new MessagingException(
          ErrorCode.TOO_LARGE,
          "a message has " + headers.size() + " headers, the limit of Missive is " + HEADERS);
    }
    headers.forEach(MessageCheck::header);
    int bytes = headerBytes(headers);
    if (bytes > HEADER_BYTES) {
      throw new MessagingException(
          ErrorCode.TOO_LARGE,
          "the headers of a message have "
              + bytes
              + " bytes, the limit of Missive is "
              + HEADER_BYTES);
    }
  }

  private static void header(String name, String value) {
    String wrong = wrongHeaderName(name);
    if (wrong != null) {
      throw new MessagingException(ErrorCode.HEADER_INVALID, wrong);
    }
    String wrongValue = wrong(value);
    if (wrongValue != null) {
      throw new MessagingException(
          ErrorCode.HEADER_INVALID, "header " + name + " of a message has " + wrongValue);
    }
  }

  /**
   * Why an application may not call a header so.
   *
   * @param name the name
   * @return null if it may
   */
  public static @Nullable String wrongHeaderName(String name) {
    if (!validName(name)) {
      return "a header name must be 1 to 64 of [A-Za-z0-9._-] and start with a letter or digit, but was \""
          + Names.printable(name)
          + "\"";
    }
    if (name.equals("CC")
        || name.equals("BCC")
        || name.startsWith("x-")
        || name.startsWith(Header.PREFIX)
        || name.startsWith("Nats-")) {
      return "the header name \""
          + name
          + "\" is reserved (CC, BCC, x-…, missive-…, Nats-…). Choose another one";
    }
    return null;
  }

  private static boolean validName(String name) {
    int length = name.length();
    if (length == 0 || length > HEADER_NAME || !alphanumeric(name.charAt(0))) {
      return false;
    }
    for (int i = 1; i < length; i++) {
      char c = name.charAt(i);
      if (!alphanumeric(c) && c != '.' && c != '_' && c != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean alphanumeric(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
  }

  private static void text(String what, @Nullable String value) {
    String wrong = value == null ? null : wrong(value);
    if (wrong != null) {
      throw new MessagingException(ErrorCode.HEADER_INVALID, what + " of a message has " + wrong);
    }
  }

  /**
   * What a text has that it must not: control characters are header injection on some brokers,
   * unpaired surrogates cannot be written as UTF-8. Null if all is well.
   */
  private static @Nullable String wrong(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < ' ' || c >= 0x7f && c <= 0x9f) {
        return "a control character at index " + i + ". Remove or encode it";
      }
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < value.length()
                && Character.isLowSurrogate(value.charAt(i + 1));
        if (!pair) {
          return "half a character at index " + i + ". Encode binary values";
        }
        i++;
      }
    }
    return null;
  }

  private static int headerBytes(Map<String, String> headers) {
    int bytes = 0;
    for (Map.Entry<String, String> header : headers.entrySet()) {
      bytes += header.getKey().length() + utf8Length(header.getValue());
    }
    return bytes;
  }

  private static int utf8Length(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) >= 0x80) {
        return value.getBytes(StandardCharsets.UTF_8).length;
      }
    }
    return value.length();
  }
}
