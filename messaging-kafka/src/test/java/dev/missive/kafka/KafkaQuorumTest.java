package dev.missive.kafka;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.ClusterContract;
import dev.missive.testkit.contract.ClusterControl;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;

/** What the contract says of clusters, on three brokers. */
@Tag("broker")
@Tag("full")
class KafkaQuorumTest implements ClusterContract {
  @Override
  public BrokerUnderTest broker() {
    LiveBroker cluster =
        LiveBrokers.shared(
            Brokers.kafka()
                .withProcess()
                .withNodes(3)
                .withConfig("min.insync.replicas", "2")
                // Three of them on a busy machine: one that is slow is not dead.
                .withConfig("broker.session.timeout.ms", "9000"));
    Map<String, String> settings = Map.of("kafka.brokers", cluster.url(), "kafka.replication", "3");
    return BrokerUnderTest.of("kafka", settings)
        .control(ClusterControl.of(cluster))
        .readyTimeout(Duration.ofSeconds(60));
  }
}
