package dev.missive.nats;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what JetStream answers to a publish. Holds no state. */
final class NatsAnswers {
  private static final Pattern ERROR_CODE = Pattern.compile("\"err_code\"\\s*:\\s*(\\d+)");
  private static final Pattern DESCRIPTION = Pattern.compile("\"description\"\\s*:\\s*\"([^\"]*)");
  private static final byte[] SEQUENCE = "\"seq\":".getBytes(US_ASCII);
  private static final byte[] STREAM = "{\"stream\":".getBytes(US_ASCII);

  private NatsAnswers() {}

  /** The code of an error; 0 if there is none. */
  static int errorCode(byte[] json) {
    Matcher code = ERROR_CODE.matcher(new String(json, UTF_8));
    return code.find() ? Integer.parseInt(code.group(1)) : 0;
  }

  /** What the server says about an error. */
  static String description(byte[] json) {
    Matcher description = DESCRIPTION.matcher(new String(json, UTF_8));
    return description.find() ? description.group(1) : "no reason";
  }

  /**
   * The number that a message got in its stream, without a parser: once per published message.
   *
   * @return negative if it is no acknowledgement
   */
  static long sequence(byte[] json) {
    if (!matches(json, 0, STREAM)) {
      return -1;
    }
    for (int i = STREAM.length; i + SEQUENCE.length < json.length; i++) {
      if (json[i] == '"' && matches(json, i, SEQUENCE)) {
        return number(json, i + SEQUENCE.length);
      }
    }
    return -1;
  }

  private static boolean matches(byte[] json, int at, byte[] text) {
    return json.length > at + text.length
        && Arrays.equals(json, at, at + text.length, text, 0, text.length);
  }

  private static long number(byte[] json, int from) {
    long number = 0;
    int digits = 0;
    for (int i = from; i < json.length; i++) {
      int digit = json[i] - '0';
      if (digit >= 0 && digit <= 9) {
        number = number * 10 + digit;
        digits++;
      } else if (digits > 0 || json[i] != ' ') {
        break;
      }
    }
    return digits == 0 ? -1 : number;
  }
}
