package dev.missive.kafka;

/**
 * A set of offsets not below a base that only rises: a ring of bits that grows when it must.
 * Confined to its owner.
 */
final class OffsetBits {
  private static final int WORD = 6;
  private static final int FIRST_WORDS = 16;

  private long[] words = new long[FIRST_WORDS];
  private long base;
  private long end;

  OffsetBits(long base) {
    this.base = base;
    this.end = base;
  }

  /** The lowest offset that can be in it. */
  long base() {
    return base;
  }

  /** One more than the highest offset that was ever added, at least the base. */
  long end() {
    return Math.max(base, end);
  }

  boolean contains(long offset) {
    return offset >= base
        && offset < end
        && (words[index(offset >>> WORD)] & 1L << (offset & 63)) != 0;
  }

  void add(long offset) {
    if (offset < base) {
      return;
    }
    room(offset);
    words[index(offset >>> WORD)] |= 1L << (offset & 63);
    end = Math.max(end, offset + 1);
  }

  /** Adds all offsets from one up to, but not including, another. */
  void addRange(long from, long to) {
    for (long at = Math.max(from, base); at < to; ) {
      long stop = Math.min(to, (at >>> WORD) + 1 << WORD);
      room(stop - 1);
      long low = -1L << (at & 63);
      long high = -1L >>> (63 - (stop - 1 & 63));
      words[index(at >>> WORD)] |= low & high;
      end = Math.max(end, stop);
      at = stop;
    }
  }

  /** The lowest offset from here on that is not in it. */
  long nextAbsent(long from) {
    long at = Math.max(from, base);
    while (at < end) {
      long absent = ~words[index(at >>> WORD)] & -1L << (at & 63);
      if (absent != 0) {
        return Math.min(end, (at >>> WORD << WORD) + Long.numberOfTrailingZeros(absent));
      }
      at = (at >>> WORD) + 1 << WORD;
    }
    return at < end ? at : Math.max(from, end());
  }

  /** The lowest offset from here on that is in it; the end if there is none. */
  long nextPresent(long from) {
    long at = Math.max(from, base);
    while (at < end) {
      long present = words[index(at >>> WORD)] & -1L << (at & 63);
      if (present != 0) {
        return Math.min(end, (at >>> WORD << WORD) + Long.numberOfTrailingZeros(present));
      }
      at = (at >>> WORD) + 1 << WORD;
    }
    return end();
  }

  /** Forgets everything below. */
  void raise(long newBase) {
    if (newBase <= base) {
      return;
    }
    long first = base >>> WORD;
    long last = Math.min(newBase >>> WORD, first + words.length);
    for (long word = first; word < last; word++) {
      words[index(word)] = 0;
    }
    base = newBase;
    end = Math.max(end, newBase);
    // What is left of the first word below the base never shows, but must not come back either.
    words[index(base >>> WORD)] &= -1L << (base & 63);
  }

  private int index(long word) {
    return (int) (word & words.length - 1);
  }

  private void room(long offset) {
    long needed = (offset >>> WORD) - (base >>> WORD) + 1;
    if (needed <= words.length) {
      return;
    }
    int size = words.length;
    while (size < needed) {
      size = Math.multiplyExact(size, 2);
    }
    long[] larger = new long[size];
    for (long word = base >>> WORD; word < (base >>> WORD) + words.length; word++) {
      larger[(int) (word & size - 1)] = words[index(word)];
    }
    words = larger;
  }
}
