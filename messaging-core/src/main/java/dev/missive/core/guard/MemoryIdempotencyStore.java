package dev.missive.core.guard;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.IdempotencyStore;
import dev.missive.MessagingException;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;

/**
 * Remembers in this process: what other instances handled, or this one before a restart, it does
 * not know. Thread-safe, never blocks.
 *
 * <p>Bounded: beyond its capacity it forgets the ids that were finished first, before their window
 * ends. A claim is never forgotten before its run ends.
 *
 * @since 0.1
 */
public final class MemoryIdempotencyStore implements IdempotencyStore {
  private static final int CAPACITY = 100_000;
  private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

  private record Key(String group, String id) {}

  private final int capacity;
  private final LongSupplier nanos;
  private final Object lock = new Object();

  /** Who is being handled, and for how long a success will be remembered, in nanoseconds. */
  private final Map<Key, Long> running = new HashMap<>();

  /** Who was handled, and until when that is remembered; the first finished first. */
  private final Map<Key, Long> finished = new LinkedHashMap<>();

  private MemoryIdempotencyStore(int capacity, LongSupplier nanos) {
    this.capacity = capacity;
    this.nanos = nanos;
  }

  /**
   * An empty store for 100,000 finished ids.
   *
   * @return the store
   */
  public static MemoryIdempotencyStore create() {
    return new MemoryIdempotencyStore(CAPACITY, NanoClock.SYSTEM);
  }

  /**
   * How many finished ids it holds.
   *
   * @param ids at least 1; one takes about 200 bytes
   * @return a new, empty store
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if it is less than 1
   */
  public MemoryIdempotencyStore capacity(int ids) {
    if (ids < 1) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "the capacity of an idempotency store was " + ids + " but must be at least 1");
    }
    return new MemoryIdempotencyStore(ids, nanos);
  }

  /**
   * Replaces the clock, for tests: what {@link dev.missive.Messaging.Builder#time} is given does
   * not reach this store.
   *
   * @param time the clock; default the system's
   * @return a new, empty store
   */
  public MemoryIdempotencyStore time(Time time) {
    return new MemoryIdempotencyStore(capacity, requireNonNull(time, "time")::nanos);
  }

  @Override
  public CompletionStage<Claim> begin(String group, String id, Duration window) {
    Key key = new Key(requireNonNull(group, "group"), requireNonNull(id, "id"));
    long remember = window.toNanos();
    Claim claim;
    synchronized (lock) {
      forget();
      Long until = finished.get(key);
      if (until != null && until - nanos.getAsLong() > 0) {
        claim = Claim.DONE;
      } else if (running.putIfAbsent(key, remember) == null) {
        finished.remove(key);
        claim = Claim.MINE;
      } else {
        claim = Claim.BUSY;
      }
    }
    return CompletableFuture.completedStage(claim);
  }

  @Override
  public CompletionStage<Void> succeeded(String group, String id) {
    Key key = new Key(group, id);
    synchronized (lock) {
      Long remember = running.remove(key);
      // Without a claim there is nothing to record: another run may have it by now.
      if (remember != null) {
        finished.put(key, nanos.getAsLong() + remember);
        forget();
      }
    }
    return DONE;
  }

  @Override
  public CompletionStage<Void> failed(String group, String id) {
    synchronized (lock) {
      running.remove(new Key(group, id));
    }
    return DONE;
  }

  /**
   * How many ids it holds, running ones too.
   *
   * @return zero or more
   */
  public int size() {
    synchronized (lock) {
      return running.size() + finished.size();
    }
  }

  /** Drops what was finished first: what is too much, and what is over; the lock is held. */
  private void forget() {
    Iterator<Map.Entry<Key, Long>> oldest = finished.entrySet().iterator();
    while (oldest.hasNext()) {
      boolean over = oldest.next().getValue() - nanos.getAsLong() <= 0;
      if (!over && finished.size() <= capacity) {
        return;
      }
      oldest.remove();
    }
  }
}
