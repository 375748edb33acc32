package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Publishers;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerNode;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Three nodes, of which some die under load. */
@Tag("broker")
@Tag("full")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitClusterTest {
  private static final int PUBLISHERS = 20;

  private final LiveBroker cluster;
  private final RabbitLab lab;
  private final Messaging messaging;
  private final History history = new History();
  private final Witnesses witnesses;

  RabbitClusterTest(boolean oldest) {
    // A cluster for each test: a node that was killed may stay behind.
    cluster =
        LiveBrokers.start(
            (oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq())
                .withProcess()
                .withNodes(3));
    lab = new RabbitLab(cluster);
    messaging = lab.open(Map.of("rabbitmq.retry-delay-max", "1s", "producer.deadline", "120s"));
    witnesses = new Witnesses(lab, messaging, history);
    lab.settled();
  }

  @AfterEach
  void close() throws Exception {
    lab.close();
    cluster.close();
  }

  @Test
  void the_death_of_each_node_in_turn_loses_nothing_that_was_confirmed() {
    try (Publishers load = Publishers.start(messaging, lab.topic, history, PUBLISHERS)) {
      for (BrokerNode node : cluster.nodes()) {
        load.more(500);
        node.kill();
        load.more(500);
        node.start();
        cluster.awaitReady();
      }
      load.more(500);

      witnesses.settle(load);
      // A queue that has just lost its leader may refuse; nobody hears of anything else.
      assertThat(load.failures()).allMatch(e -> e.code() == ErrorCode.PUBLISH_REJECTED);
      System.out.printf(
          "RabbitMQ %s: three nodes killed in turn, %d stored, %d refused, %d runs%n",
          cluster.version(), load.stored(), load.failures().size(), witnesses.runs());
    }
  }

  @Test
  void a_quorum_that_is_lost_and_comes_back_loses_nothing_that_was_confirmed() {
    List<BrokerNode> dying = cluster.nodes().subList(1, 3);
    try (Publishers load = Publishers.start(messaging, lab.topic, history, PUBLISHERS)) {
      load.more(500);
      dying.forEach(BrokerNode::kill);
      // What was on its way may still be answered; after that nothing is.
      load.standstill();
      dying.forEach(BrokerNode::startOnly);
      cluster.awaitReady();
      load.more(500);

      witnesses.settle(load);
      assertThat(load.failures()).allMatch(e -> e.code() == ErrorCode.PUBLISH_REJECTED);
    }
  }
}
