package dev.missive;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes message ids: UUIDs of version 7 (RFC 9562), so that ids of one publisher sort by time.
 *
 * <p>Not {@link java.util.UUID#randomUUID()}: its SecureRandom costs more than the rest of a
 * publish. Ids need to be unique, not unguessable: 48 bits of milliseconds and 74 random bits are.
 */
final class MessageIds {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);

  private MessageIds() {}

  static String next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = System.currentTimeMillis() << 16 | 0x7000L | random.nextLong() & 0xfffL;
    long low = random.nextLong() & 0x3fffffffffffffffL | 0x8000000000000000L;
    byte[] text = new byte[36];
    hex(high >>> 32, text, 0, 8);
    text[8] = '-';
    hex(high >>> 16, text, 9, 4);
    text[13] = '-';
    hex(high, text, 14, 4);
    text[18] = '-';
    hex(low >>> 48, text, 19, 4);
    text[23] = '-';
    hex(low, text, 24, 12);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static void hex(long bits, byte[] into, int at, int digits) {
    for (int i = at + digits - 1; i >= at; i--) {
      into[i] = HEX[(int) (bits & 15)];
      bits >>>= 4;
    }
  }
}
