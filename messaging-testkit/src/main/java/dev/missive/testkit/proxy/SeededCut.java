package dev.missive.testkit.proxy;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Cuts connections inside a frame: after how many bytes, and in which direction, follows from a
 * seed. Each cut is logged with the seed; the system property {@value #SEED} gives it back, and
 * then the cuts of one test are the same ones again. Thread-safe.
 *
 * @since 0.1
 */
public final class SeededCut {
  /** The system property that holds the seed, a number; without it each object has its own. */
  public static final String SEED = "missive.contract.seed";

  private static final Logger LOG = System.getLogger("dev.missive.contract");

  /** Most frames with a message are longer, so that a cut falls into one. */
  private static final int WITHIN_BYTES = 300;

  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final List<TcpProxy> proxies;
  private final long seed = Long.getLong(SEED, System.nanoTime());
  private final Random random = new Random(seed);

  private SeededCut(List<TcpProxy> proxies) {
    this.proxies = List.copyOf(proxies);
  }

  /**
   * Cuts what goes through these proxies.
   *
   * @param proxies one before each node of a broker
   * @return with the seed of the system property, or of now
   */
  public static SeededCut of(List<TcpProxy> proxies) {
    return new SeededCut(proxies);
  }

  /**
   * Where a connection is cut.
   *
   * @param direction whose bytes count
   * @param bytes how many of them still arrive
   */
  record Place(Direction direction, int bytes) {}

  /**
   * Cuts all connections of now; new ones work. One goes down with the frame that the seed chose,
   * the others with it. Where too little goes through for that, all of them after 100 ms.
   */
  public synchronized void cut() {
    int open = open();
    prepare();
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (open() == open && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    }
    proxies.forEach(TcpProxy::reset);
  }

  /** From now on the bytes count. */
  Place prepare() {
    Direction direction = random.nextBoolean() ? Direction.TO_SERVER : Direction.TO_CLIENT;
    int bytes = 1 + random.nextInt(WITHIN_BYTES);
    LOG.log(
        Level.INFO,
        "cut after {0} bytes {1}, {2}={3}",
        bytes,
        direction,
        SEED,
        Long.toString(seed));
    proxies.forEach(proxy -> proxy.cutAfter(direction, bytes));
    return new Place(direction, bytes);
  }

  private int open() {
    return proxies.stream().mapToInt(TcpProxy::open).sum();
  }
}
