package dev.missive.kafka;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is kept beside a committed offset: which offsets beyond it are settled, and how many runs of
 * the others have failed.
 *
 * <p>Text: {@code m1} and the kind, then base64url. Kind {@code r} holds pairs of variable-length
 * numbers, how many are open and how many settled after them; kind {@code b} a bit for each offset
 * from the base on; the shorter one is taken. After a comma, if there is room, pairs for the notes:
 * the distance from the one before, and the count. Brokers hold 4096 bytes by default
 * (offset.metadata.max.bytes).
 */
final class OffsetMetadata {
  private static final String VERSION = "m1";
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private OffsetMetadata() {}

  /**
   * Text, and whether it tells of every settled offset.
   *
   * @param text at most as long as the limit
   * @param complete false if settled offsets had to be left out
   */
  record Encoded(String text, boolean complete) {}

  static Encoded encode(OffsetBits settled, SortedMap<Long, Integer> notes, int limit) {
    String ranges = "";
    boolean complete = true;
    if (settled.nextPresent(settled.base()) < settled.end()) {
      int bytes = (limit - VERSION.length() - 1) * 3 / 4;
      byte[] runs = runs(settled, bytes);
      byte[] bits = bits(settled, bytes);
      boolean runsFit = runs.length <= bytes;
      boolean bitsFit = bits.length <= bytes;
      complete = runsFit || bitsFit;
      if (!complete) {
        // The bits tell of a fixed number of offsets, the runs of a fixed number of changes.
        bits = Arrays.copyOf(bits, bytes);
      }
      boolean asRuns = runsFit && (!bitsFit || runs.length <= bits.length);
      ranges = VERSION + (asRuns ? "r" : "b") + ENCODER.encodeToString(asRuns ? runs : bits);
    }
    String text = notes.isEmpty() ? ranges : ranges + "," + notes(settled.base(), notes);
    return new Encoded(text.length() <= limit ? text : ranges, complete);
  }

  /** Reads it into the settled offsets and the notes; what was not written by us is ignored. */
  static SortedMap<Long, Integer> decode(@Nullable String text, OffsetBits settled) {
    SortedMap<Long, Integer> notes = new TreeMap<>();
    if (text == null || text.isEmpty()) {
      return notes;
    }
    int comma = text.indexOf(',');
    String ranges = comma < 0 ? text : text.substring(0, comma);
    try {
      if (ranges.startsWith(VERSION + "r")) {
        readRuns(Base64.getUrlDecoder().decode(ranges.substring(3)), settled);
      } else if (ranges.startsWith(VERSION + "b")) {
        readBits(Base64.getUrlDecoder().decode(ranges.substring(3)), settled);
      } else if (!ranges.isEmpty()) {
        return notes;
      }
      if (comma >= 0) {
        readNotes(Base64.getUrlDecoder().decode(text.substring(comma + 1)), settled.base(), notes);
      }
    } catch (IllegalArgumentException e) {
      // Not ours: another program keeps its own text beside the offset.
      notes.clear();
    }
    return notes;
  }

  private static byte[] runs(OffsetBits settled, int enough) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long at = settled.base();
    while (out.size() <= enough) {
      long from = settled.nextPresent(at);
      if (from >= settled.end()) {
        break;
      }
      long to = settled.nextAbsent(from);
      write(out, from - at);
      write(out, to - from);
      at = to;
    }
    return out.toByteArray();
  }

  private static byte[] bits(OffsetBits settled, int enough) {
    long span = Math.min(settled.end() - settled.base(), (long) enough * 8 + 1);
    byte[] bytes = new byte[(int) ((span + 7) / 8)];
    long limit = settled.base() + span;
    for (long at = settled.nextPresent(settled.base()); at < limit; at = settled.nextPresent(at)) {
      long to = Math.min(limit, settled.nextAbsent(at));
      for (; at < to; at++) {
        int bit = (int) (at - settled.base());
        bytes[bit >>> 3] |= (byte) (1 << (bit & 7));
      }
    }
    return bytes;
  }

  private static String notes(long base, SortedMap<Long, Integer> notes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long at = base;
    for (Map.Entry<Long, Integer> note : notes.entrySet()) {
      write(out, note.getKey() - at);
      write(out, note.getValue());
      at = note.getKey();
    }
    return ENCODER.encodeToString(out.toByteArray());
  }

  private static void readRuns(byte[] bytes, OffsetBits settled) {
    Numbers in = new Numbers(bytes);
    long at = settled.base();
    while (in.more()) {
      long from = at + in.next();
      long to = from + in.next();
      settled.addRange(from, to);
      at = to;
    }
  }

  private static void readBits(byte[] bytes, OffsetBits settled) {
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      if ((bytes[bit >>> 3] & 1 << (bit & 7)) != 0) {
        settled.add(settled.base() + bit);
      }
    }
  }

  private static void readNotes(byte[] bytes, long base, SortedMap<Long, Integer> notes) {
    Numbers in = new Numbers(bytes);
    long at = base;
    while (in.more()) {
      at += in.next();
      notes.put(at, (int) in.next());
    }
  }

  private static void write(ByteArrayOutputStream out, long number) {
    long rest = number;
    for (; rest > 0x7f; rest >>>= 7) {
      out.write((int) (rest & 0x7f | 0x80));
    }
    out.write((int) rest);
  }

  /** Reads variable-length numbers. */
  private static final class Numbers {
    /** More than any span; a larger one is not ours and would only cost memory. */
    private static final long MOST = 1L << 32;

    private final byte[] bytes;
    private int at;

    Numbers(byte[] bytes) {
      this.bytes = bytes;
    }

    boolean more() {
      return at < bytes.length;
    }

    long next() {
      long number = 0;
      for (int shift = 0; shift < 63; shift += 7) {
        if (at == bytes.length) {
          break;
        }
        byte next = bytes[at++];
        number |= (long) (next & 0x7f) << shift;
        if (next >= 0) {
          if (number > MOST) {
            break;
          }
          return number;
        }
      }
      throw new IllegalArgumentException("not a list of numbers");
    }
  }
}
