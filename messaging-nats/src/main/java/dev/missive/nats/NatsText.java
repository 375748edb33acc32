package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/**
 * Header values as NATS can carry them: ASCII without leading and trailing blanks. Others are
 * percent-encoded, and then all values of that message are, so that a percent sign keeps its
 * meaning.
 */
final class NatsText {
  /** Says that the values of a message are percent-encoded. */
  static final String HEADER = "missive-enc";

  static final String ENCODED = "pct";

  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private NatsText() {}

  /** Whether the server would change or refuse it. */
  static boolean needsEncoding(String value) {
    int length = value.length();
    if (length == 0) {
      return false;
    }
    if (value.charAt(0) == ' ' || value.charAt(length - 1) == ' ') {
      return true;
    }
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (c < ' ' || c > '~') {
        return true;
      }
    }
    return false;
  }

  static String encode(String value) {
    StringBuilder out = new StringBuilder(value.length() + 16);
    byte[] bytes = value.getBytes(UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      int b = bytes[i] & 0xff;
      boolean edge = i == 0 || i == bytes.length - 1;
      if (b > '~' || b < ' ' || b == '%' || b == ' ' && edge) {
        out.append('%').append(HEX[b >> 4]).append(HEX[b & 15]);
      } else {
        out.append((char) b);
      }
    }
    return out.toString();
  }

  /** The text; what is no encoding stays as it is, because others may have written it. */
  static String decode(String value) {
    if (value.indexOf('%') < 0) {
      return value;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(value.length());
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      int high = c == '%' && i + 2 < value.length() ? Character.digit(value.charAt(i + 1), 16) : -1;
      int low = high < 0 ? -1 : Character.digit(value.charAt(i + 2), 16);
      if (low >= 0) {
        out.write(high << 4 | low);
        i += 2;
      } else {
        out.writeBytes(String.valueOf(c).getBytes(UTF_8));
      }
    }
    return out.toString(UTF_8);
  }
}
