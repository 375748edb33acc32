package dev.missive.testkit.contract;

import dev.missive.testkit.launcher.BrokerNode;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.Direction;
import dev.missive.testkit.proxy.SeededCut;
import dev.missive.testkit.proxy.TcpProxy;
import java.util.List;

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
  private final LiveBroker broker;
  private final List<TcpProxy> proxies;
  private final SeededCut cut;

  private LiveControl(LiveBroker broker) {
    this.broker = broker;
    this.proxies =
        broker.nodes().stream().map(BrokerNode::proxy).map(proxy -> proxy.orElseThrow()).toList();
    this.cut = SeededCut.of(proxies);
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
  public List<Long> restart() {
    return broker.restart();
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

  /** Cuts inside a frame where there is traffic, as {@link SeededCut#cut} says. */
  @Override
  public void cut() {
    cut.cut();
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
