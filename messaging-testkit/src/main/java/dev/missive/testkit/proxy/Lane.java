package dev.missive.testkit.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;

/** One direction of one connection. Confined to the proxy's thread. */
final class Lane {
  private static final int CHUNK = 16 * 1024;
  private static final int MOST_BUFFERED = 256 * 1024;
  private static final long SECOND = 1_000_000_000L;
  // A throttled lane writes at most so many times a second.
  private static final long STEPS = 20;

  private record Chunk(ByteBuffer bytes, long due) {}

  private final Direction direction;
  private final ProxyLoop loop;
  private final Deque<Chunk> chunks = new ArrayDeque<>();
  private int buffered;
  private long allowedAt = System.nanoTime();
  private boolean blocked;
  private boolean ended;
  private boolean endPassedOn;
  private boolean lost;

  Lane(Direction direction, ProxyLoop loop) {
    this.direction = direction;
    this.loop = loop;
  }

  /** From now on everything vanishes, for good. */
  void lose() {
    lost = true;
    chunks.clear();
    buffered = 0;
    blocked = false;
  }

  /** Whether bytes, or the end, vanished: what comes later would make no sense. */
  boolean lost() {
    return lost;
  }

  boolean wantsToRead() {
    return !ended && buffered < MOST_BUFFERED;
  }

  /** Whether what is due waits for the other side to take it. */
  boolean blocked() {
    return blocked;
  }

  /** In how many nanoseconds there is something to do without any event; MAX_VALUE for never. */
  long pause(long now) {
    Chunk head = chunks.peek();
    if (head == null || blocked) {
      return Long.MAX_VALUE;
    }
    return Math.max(0, Math.max(head.due - now, allowedAt - now));
  }

  boolean finished() {
    return endPassedOn;
  }

  void read(SocketChannel from) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(CHUNK);
    int count = from.read(bytes);
    boolean vanishes = lost || loop.faults().dropped().contains(direction);
    if (count < 0) {
      ended = true;
      lost |= vanishes;
    } else if (vanishes) {
      lost = true;
      loop.swallowed(direction, count);
    } else if (count > 0) {
      buffered += count;
      chunks.add(new Chunk(bytes.flip(), System.nanoTime() + loop.faults().delayNanos()));
    }
  }

  /**
   * Writes what is due.
   *
   * @return false if the connection is to be cut here
   */
  boolean write(SocketChannel to) throws IOException {
    long now = System.nanoTime();
    blocked = false;
    while (!blocked && pause(now) == 0) {
      ByteBuffer bytes = chunks.element().bytes();
      int most = (int) Math.min(bytes.remaining(), Math.min(burst(), loop.untilCut(direction)));
      ByteBuffer part = bytes.slice(bytes.position(), most);
      int count = to.write(part);
      bytes.position(bytes.position() + count);
      buffered -= count;
      pay(count, now);
      if (loop.forwarded(direction, count)) {
        return false;
      }
      blocked = count < most;
      if (!bytes.hasRemaining()) {
        chunks.remove();
      }
    }
    if (ended && !lost && chunks.isEmpty() && !endPassedOn) {
      endPassedOn = true;
      to.shutdownOutput();
    }
    return true;
  }

  private long burst() {
    long rate = loop.faults().rate();
    return rate == 0 ? Long.MAX_VALUE : Math.max(1, rate / STEPS);
  }

  private void pay(int count, long now) {
    long rate = loop.faults().rate();
    if (rate > 0) {
      allowedAt = now + count * SECOND / rate;
    }
  }
}
