package dev.missive.testkit.contract;

import dev.missive.testkit.launcher.BrokerNode;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.Direction;
import dev.missive.testkit.proxy.TcpProxy;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What can be done to any broker that was started by {@link
 * dev.missive.testkit.launcher.BrokerOptions#withProxy}: restarts of its processes, and everything
 * that a network does. What only one kind of broker knows (credentials, topology) an adapter's
 * tests add by a {@link Control} of their own. Thread-safe.
 *
 * @since 0.1
 */
public final class LiveControl
    implements Control.Restart,
        Control.Power,
        Control.Cut,
        Control.Blackhole,
        Control.Connections,
        Control.Confirms {
  private static final Logger LOG = System.getLogger("dev.missive.contract");
  private static final String SEED = "missive.contract.seed";

  /** Most frames are shorter, so that a cut mostly falls into one. */
  private static final int WITHIN_BYTES = 300;

  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final LiveBroker broker;
  private final List<TcpProxy> proxies;
  private final long seed = Long.getLong(SEED, System.nanoTime());
  private final Random random = new Random(seed);

  private LiveControl(LiveBroker broker) {
    this.broker = broker;
    this.proxies =
        broker.nodes().stream().map(BrokerNode::proxy).map(proxy -> proxy.orElseThrow()).toList();
  }

  /**
   * Controls a broker.
   *
   * @param broker processes of our own, with a proxy before each node
   * @return to be handed to {@link BrokerUnderTest#control}
   * @throws java.util.NoSuchElementException if a node has no proxy
   */
  public static LiveControl of(LiveBroker broker) {
    return new LiveControl(broker);
  }

  @Override
  public void restart() {
    broker.restart();
  }

  @Override
  public void down() {
    proxies.forEach(TcpProxy::refuse);
    proxies.forEach(TcpProxy::reset);
  }

  @Override
  public void up() {
    proxies.forEach(TcpProxy::heal);
  }

  /**
   * Cuts inside a frame where there is traffic: one connection after a number of bytes that follows
   * from the system property {@code missive.contract.seed} (in the log), the others with it. Where
   * nothing goes through, all of them after 100 ms.
   */
  @Override
  public synchronized void cut() {
    Direction direction = random.nextBoolean() ? Direction.TO_SERVER : Direction.TO_CLIENT;
    int bytes = 1 + random.nextInt(WITHIN_BYTES);
    LOG.log(
        Level.INFO,
        "cut after {0} bytes {1}, {2}={3}",
        bytes,
        direction,
        SEED,
        Long.toString(seed));
    int open = connections();
    proxies.forEach(proxy -> proxy.cutAfter(direction, bytes));
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (connections() == open && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    }
    proxies.forEach(TcpProxy::reset);
  }

  @Override
  public void swallow() {
    proxies.forEach(TcpProxy::blackhole);
  }

  @Override
  public void pass() {
    proxies.forEach(TcpProxy::heal);
  }

  @Override
  public int connections() {
    return proxies.stream().mapToInt(TcpProxy::open).sum();
  }

  @Override
  public long made() {
    return proxies.stream().mapToLong(TcpProxy::accepted).sum();
  }

  @Override
  public void lose() {
    proxies.forEach(proxy -> proxy.drop(Direction.TO_CLIENT));
  }

  @Override
  public void mend() {
    proxies.forEach(TcpProxy::heal);
  }
}
