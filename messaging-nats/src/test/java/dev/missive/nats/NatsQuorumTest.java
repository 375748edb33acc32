package dev.missive.nats;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.ClusterContract;
import dev.missive.testkit.contract.ClusterControl;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;

/** What the contract says of clusters, on three servers. */
@Tag("broker")
@Tag("full")
class NatsQuorumTest implements ClusterContract {
  @Override
  public BrokerUnderTest broker() {
    LiveBroker cluster = LiveBrokers.shared(Brokers.nats().withProcess().withNodes(3));
    Map<String, String> settings =
        Map.of(
            "nats.servers", cluster.url(),
            "nats.replicas", "3",
            "nats.retry-delay-max", "1s");
    return BrokerUnderTest.of("nats", settings)
        .control(ClusterControl.of(cluster))
        .readyTimeout(Duration.ofSeconds(60));
  }
}
