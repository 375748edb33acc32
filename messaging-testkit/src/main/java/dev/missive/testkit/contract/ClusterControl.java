package dev.missive.testkit.contract;

import dev.missive.testkit.launcher.BrokerNode;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.List;

/**
 * Takes the majority of a cluster's processes away and brings it back. Thread-safe.
 *
 * @since 0.1
 */
public final class ClusterControl implements Control.Quorum {
  private final LiveBroker cluster;
  private final List<BrokerNode> dying;

  private ClusterControl(LiveBroker cluster) {
    this.cluster = cluster;
    List<BrokerNode> nodes = cluster.nodes();
    this.dying = nodes.subList(nodes.size() / 2, nodes.size());
  }

  /**
   * Controls a cluster.
   *
   * @param cluster processes of our own, at least three
   * @return to be handed to {@link BrokerUnderTest#control}
   * @throws IllegalArgumentException if there are fewer
   */
  public static ClusterControl of(LiveBroker cluster) {
    if (cluster.nodes().size() < 3) {
      throw new IllegalArgumentException(
          cluster + " has " + cluster.nodes().size() + " nodes; a majority of three can be lost");
    }
    return new ClusterControl(cluster);
  }

  @Override
  public List<Long> lose() {
    return dying.stream().map(BrokerNode::kill).toList();
  }

  @Override
  public void restore() {
    // Nodes of a cluster wait for each other.
    dying.forEach(BrokerNode::startOnly);
    cluster.awaitReady();
  }

  @Override
  public void mend() {
    restore();
  }
}
