package dev.missive.rabbitmq;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.ClusterContract;
import dev.missive.testkit.contract.ClusterControl;
import dev.missive.testkit.contract.Control;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;

/** What the contract says of clusters, on three nodes. */
@Tag("broker")
@Tag("full")
class RabbitQuorumTest implements ClusterContract {
  /** The cluster may lose a queue that was declared right before a kill (ADR 0010). */
  private static final Duration SETTLED = Duration.ofMillis(2500);

  private record Settled(Control.Quorum nodes) implements Control.Quorum {
    @Override
    public List<Long> lose() {
      LockSupport.parkNanos(SETTLED.toNanos());
      return nodes.lose();
    }

    @Override
    public void restore() {
      nodes.restore();
    }

    @Override
    public void mend() {
      nodes.mend();
    }
  }

  @Override
  public BrokerUnderTest broker() {
    LiveBroker cluster = LiveBrokers.shared(Brokers.rabbitmq().withProcess().withNodes(3));
    Map<String, String> settings =
        Map.of("rabbitmq.url", cluster.url(), "rabbitmq.retry-delay-max", "1s");
    return BrokerUnderTest.of("rabbitmq", settings)
        .control(new Settled(ClusterControl.of(cluster)))
        .readyTimeout(Duration.ofSeconds(60));
  }
}
