package dev.missive.testkit.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.junit.LiveBrokers;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Three nodes that know each other. */
@Tag("broker")
@Execution(ExecutionMode.CONCURRENT)
final class ClusterTest {

  @ParameterizedTest
  @EnumSource(BrokerKind.class)
  void a_node_can_be_killed_and_comes_back(BrokerKind kind) throws IOException {
    BrokerOptions options = BrokerOptions.of(kind).withNodes(3);
    try (LiveBroker broker = LiveBrokers.start(options)) {
      assertThat(broker.nodes()).hasSize(3).allMatch(BrokerNode::running);
      assertThat(broker.url().split(",")).hasSize(3);
      RawData.store(broker, "everywhere");

      broker.nodes().get(2).kill();
      broker.nodes().get(1).kill();
      broker.nodes().get(1).startOnly();
      broker.nodes().get(2).startOnly();
      broker.awaitReady();

      assertThat(broker.nodes()).allMatch(BrokerNode::running);
      assertThat(RawData.holds(broker, "everywhere")).isTrue();
    }
  }
}
