package dev.missive.kafka;

import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which offsets of one assigned partition are settled. Everything below the base is; beyond it lie
 * open ones (fetched, not settled), settled ones, and from the position on those not fetched yet.
 * What may be committed is the base, with the settled ones beyond it as metadata: an offset that is
 * not settled is never covered.
 *
 * <p>Confined to its owner, which holds a lock ({@link Assignment}).
 */
final class OffsetTracker {
  /**
   * What to commit.
   *
   * @param base the lowest offset that is not settled
   * @param metadata the settled ones beyond it
   * @param complete whether the metadata tells of all of them; if not, a crash repeats the others
   */
  record Commit(long base, String metadata, boolean complete) {}

  private final int limit;
  private final OffsetBits settled;
  private final SortedMap<Long, Integer> failedRuns;
  private long position;
  private int open;

  /**
   * Starts where a commit left off.
   *
   * @param base the committed offset, or where the partition starts
   * @param metadata what was committed with it
   * @param limit how long metadata may be
   */
  OffsetTracker(long base, @Nullable String metadata, int limit) {
    this.limit = limit;
    this.settled = new OffsetBits(base);
    this.failedRuns = OffsetMetadata.decode(metadata, settled);
    this.position = base;
    advance();
  }

  /** The next offset to be fetched. */
  long position() {
    return position;
  }

  /** How many are open. */
  int open() {
    return open;
  }

  /** How far the position is from the base: what metadata has to describe. */
  long span() {
    return position - settled.base();
  }

  /**
   * A record was fetched. Offsets between it and the one before hold nothing for readers (markers
   * of transactions, compacted records): they count as settled.
   *
   * @return false if it was settled in an earlier life, or fetched before: not to be delivered
   */
  boolean fetched(long offset) {
    if (offset < position) {
      return false;
    }
    skipTo(offset);
    if (offset < position) {
      return false;
    }
    position = offset + 1;
    if (settled.contains(offset)) {
      advance();
      return false;
    }
    open++;
    return true;
  }

  /** There is nothing for readers below this offset that was not fetched. */
  void skipTo(long offset) {
    if (offset <= position) {
      return;
    }
    if (open == 0) {
      settled.raise(offset);
    } else {
      settled.addRange(position, offset);
    }
    position = offset;
    advance();
  }

  /**
   * One is done.
   *
   * @return false if it was before
   */
  boolean settle(long offset) {
    if (offset >= position || offset < settled.base() || settled.contains(offset)) {
      return false;
    }
    settled.add(offset);
    failedRuns.remove(offset);
    open--;
    if (offset == settled.base()) {
      advance();
    }
    return true;
  }

  /** Settles one that will be fetched later: its content is settled under another offset. */
  void settleAhead(long offset) {
    if (offset >= position) {
      settled.add(offset);
    }
  }

  /** Notes how many runs of an open one have failed. */
  void failed(long offset, int runs) {
    if (offset < position && offset >= settled.base() && !settled.contains(offset)) {
      failedRuns.put(offset, runs);
    }
  }

  /** How many runs have failed in an earlier life; 0 if nothing is known. */
  int failedRuns(long offset) {
    return failedRuns.getOrDefault(offset, 0);
  }

  /** What may be committed now. */
  Commit commit() {
    OffsetMetadata.Encoded encoded = OffsetMetadata.encode(settled, failedRuns, limit);
    return new Commit(settled.base(), encoded.text(), encoded.complete());
  }

  /** What may be committed once everything open is settled elsewhere. */
  Commit withoutOpen() {
    OffsetBits rest = new OffsetBits(position);
    for (long at = settled.nextPresent(position); at < settled.end(); ) {
      long to = settled.nextAbsent(at);
      rest.addRange(at, to);
      at = settled.nextPresent(to);
    }
    rest.raise(rest.nextAbsent(position));
    OffsetMetadata.Encoded encoded = OffsetMetadata.encode(rest, new TreeMap<>(), limit);
    return new Commit(rest.base(), encoded.text(), encoded.complete());
  }

  private void advance() {
    long next = settled.nextAbsent(settled.base());
    settled.raise(next);
    position = Math.max(position, next);
    if (!failedRuns.isEmpty() && failedRuns.firstKey() < next) {
      failedRuns.headMap(next).clear();
    }
  }
}
