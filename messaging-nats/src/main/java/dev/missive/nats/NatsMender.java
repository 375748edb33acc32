package dev.missive.nats;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;

/**
 * Reads along with what a server sends, and puts something readable where a header is none. jnats
 * ends the thread that reads, without a word, over headers it cannot read (observed with 2.26.2):
 * one message of another program would cost the connection again and again. Servers look at no
 * header, and clients in other languages write UTF-8. Lengths stay as they are. Confined to one
 * thread.
 *
 * @see <a href="https://docs.nats.io/reference/reference-protocols/nats-protocol">The protocol</a>
 */
final class NatsMender {
  private static final byte[] VERSION = "NATS/1.0".getBytes(US_ASCII);
  private static final byte[] START = "NATS/1.0\r\n".getBytes(US_ASCII);
  private static final byte[] END = "\r\n\r\n".getBytes(US_ASCII);
  private static final int BREAK = 2;

  /** With a header of two bytes, which is the shortest there is: a name and a colon. */
  private static final int SHORTEST = VERSION.length + BREAK + 2 + END.length;

  private static final int EMPTY = VERSION.length + END.length;

  /** Of the code of a status, behind a blank. */
  private static final int DIGITS = 3;

  /** What is stored is acknowledged here. */
  private static final byte[] STORED = " $JS.ACK.".getBytes(US_ASCII);

  /** The blank of a line before its address for answers. */
  private static final int ANSWER = 3;

  /** Of a line that announces headers, without an address for answers. */
  private static final int WORDS = 5;

  private enum At {
    NAME,
    VALUE,
    LINE_FEED
  }

  /** The beginning of a line whose end has not been read. */
  private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

  /** Of a header block: how long it is, how much of it is to come, and where it is. */
  private long size;

  private long left;
  private At at = At.NAME;
  private boolean named;
  private boolean status;

  /** What is nothing to look at and is to come. */
  private long payload;

  /** Takes what was read next, and changes it where it stands. */
  void mend(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      if (left > 0) {
        i = headers(bytes, i, to);
      } else if (payload > 0) {
        int step = (int) Math.min(payload, to - i);
        payload -= step;
        i += step;
      } else {
        i = line(bytes, i, to);
      }
    }
  }

  private int line(byte[] bytes, int from, int to) {
    int end = from;
    while (end < to && bytes[end] != '\n') {
      end++;
    }
    if (end == to) {
      begun.write(bytes, from, to - from);
      return to;
    }
    end++;
    if (begun.size() == 0) {
      announced(bytes, from, end);
    } else {
      begun.write(bytes, from, end - from);
      byte[] whole = begun.toByteArray();
      begun.reset();
      // Of what is too short jnats has the beginning already. It will come again in one piece.
      announced(whole, 0, whole.length);
    }
    return end;
  }

  /** {@code MSG … size}, {@code HMSG … size of headers, size of all}, or something else. */
  private void announced(byte[] bytes, int from, int to) {
    if (bytes[from] == 'M') {
      payload = number(bytes, to - BREAK) + BREAK;
    } else if (bytes[from] == 'H') {
      int blank = to - BREAK;
      while (blank > from && bytes[blank] != ' ') {
        blank--;
      }
      long all = number(bytes, to - BREAK);
      size = number(bytes, blank);
      if (size < SHORTEST && size != EMPTY) {
        withoutHeaders(bytes, from, to);
        size = 0;
      }
      left = size;
      payload = all - size + BREAK;
      status = !stored(bytes, from, to);
    }
  }

  /** The number that ends there. */
  private static long number(byte[] bytes, int end) {
    long number = 0;
    long worth = 1;
    for (int i = end - 1; i >= 0 && bytes[i] >= '0' && bytes[i] <= '9'; i--) {
      number += worth * (bytes[i] - '0');
      worth *= 10;
    }
    return number;
  }

  /** Whether it has an address for answers, and that of a stream. */
  private static boolean stored(byte[] line, int from, int to) {
    int blanks = 0;
    for (int i = from; i < to - STORED.length; i++) {
      if (line[i] == ' ' && ++blanks == ANSWER) {
        return Arrays.equals(line, i, i + STORED.length, STORED, 0, STORED.length);
      }
    }
    return false;
  }

  /** What is too short for headers belongs to the payload. */
  private static void withoutHeaders(byte[] bytes, int from, int to) {
    List<String> words = List.of(new String(bytes, from, to - from, US_ASCII).trim().split(" "));
    if (words.size() < WORDS || !words.get(0).equals("HMSG")) {
      return;
    }
    String start = "MSG " + String.join(" ", words.subList(1, words.size() - 2)) + " ";
    String all = words.get(words.size() - 1);
    int zeros = to - from - BREAK - start.length() - all.length();
    byte[] changed = (start + "0".repeat(zeros) + all).getBytes(US_ASCII);
    System.arraycopy(changed, 0, bytes, from, changed.length);
  }

  private int headers(byte[] bytes, int from, int to) {
    if (left == size && to - from >= size && readable(bytes, from, from + (int) size)) {
      left = 0;
      return from + (int) size;
    }
    int i = from;
    while (i < to && left > 0) {
      bytes[i] = header(bytes[i]);
      i++;
    }
    return i;
  }

  /** Whether there is nothing to mend, which is cheaper to see than to make sure of. */
  private static boolean readable(byte[] bytes, int from, int to) {
    int i = from + START.length;
    int end = to - BREAK;
    if (i > end || !Arrays.equals(bytes, from, i, START, 0, START.length)) {
      return false;
    }
    while (i < end) {
      int name = i;
      while (i < end && bytes[i] > ' ' && bytes[i] <= '~' && bytes[i] != ':') {
        i++;
      }
      if (i == name || bytes[i] != ':') {
        return false;
      }
      while (i < end && bytes[i] >= 0 && bytes[i] != '\r' && bytes[i] != '\n') {
        i++;
      }
      if (bytes[i] != '\r' || bytes[i + 1] != '\n') {
        return false;
      }
      i += BREAK;
    }
    return i == end && bytes[i] == '\r' && bytes[i + 1] == '\n';
  }

  private byte header(byte next) {
    left--;
    int index = (int) (size - 1 - left);
    if (left < END.length) {
      return END[END.length - 1 - (int) left];
    } else if (index < VERSION.length) {
      return VERSION[index];
    } else if (index == VERSION.length) {
      status &= next == ' ';
      at = status ? At.VALUE : At.LINE_FEED;
      return status ? next : (byte) '\r';
    } else if (status && index <= VERSION.length + DIGITS + 2 && at != At.LINE_FEED) {
      return status(next, index - VERSION.length);
    }
    return switch (at) {
      case NAME -> name(next);
      case VALUE -> value(next);
      case LINE_FEED -> lineFeed();
    };
  }

  /** A code, and perhaps a blank and a text. */
  private byte status(byte next, int index) {
    if (index <= DIGITS) {
      return next >= '0' && next <= '9' ? next : (byte) '0';
    } else if (index == DIGITS + 1) {
      return value(next == '\r' ? next : (byte) ' ');
    }
    return next > ' ' ? next : (byte) '_';
  }

  private byte lineFeed() {
    at = At.NAME;
    named = false;
    return '\n';
  }

  private byte name(byte next) {
    if (left == END.length || next == ':' && named) {
      at = At.VALUE;
      return ':';
    }
    named = true;
    return next > ' ' && next <= '~' && next != ':' ? next : (byte) '_';
  }

  private byte value(byte next) {
    // Behind a break there has to be room for another header.
    if (next == '\r' && left >= END.length + BREAK + 1) {
      at = At.LINE_FEED;
      return next;
    }
    return next == '\r' || next == '\n' ? (byte) ' ' : next < 0 ? (byte) '?' : next;
  }
}
