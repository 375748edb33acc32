package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Publishers;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerNode;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.api.StreamInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Three servers, of which some die. */
@Tag("broker")
@Tag("full")
@ParameterizedClass(name = "oldest={0}")
@ValueSource(booleans = {false, true})
class NatsClusterTest {
  private final LiveBroker cluster;
  private final NatsLab lab;

  NatsClusterTest(boolean oldest) {
    // A cluster for each test: a server that was killed may stay behind.
    cluster =
        LiveBrokers.start(
            (oldest ? Brokers.nats().withOldest() : Brokers.nats()).withProcess().withNodes(3));
    lab = new NatsLab(cluster);
  }

  @AfterEach
  void close() {
    lab.close();
    cluster.close();
  }

  @Test
  void the_death_of_a_leader_loses_nothing_that_was_acknowledged() throws Exception {
    History history = new History();
    Set<String> failed = ConcurrentHashMap.newKeySet();
    Messaging messaging = lab.open("nats.replicas", "3", "nats.ack-wait", "5s");
    lab.start(messaging, history.recording(NatsLab.GROUP, NatsLab.failingOnce(failed)));
    try (Publishers load = Publishers.start(messaging, lab.topic, history, 4)) {
      load.more(200);
      StreamInfo stream =
          lab.raw().jetStreamManagement().getStreamInfo(NatsNames.DEFAULT.stream(lab.topic));
      BrokerNode leader = node(stream.getClusterInfo().getLeader());
      leader.kill();
      load.more(200);
      leader.start();
      load.settle(NatsLab.GROUP);
    }
    Eventually.await("the second runs", Duration.ofSeconds(60), failed::isEmpty);
    NatsLab.awaitState(messaging, ConnectionState.CONNECTED, "connect.+");
    assertThat(history.check(History.Rules.atLeastOnce(2).group(NatsLab.GROUP))).isEmpty();
    lab.audit(history);
  }

  @Test
  void a_quorum_that_is_lost_and_comes_back_loses_nothing_that_was_acknowledged() {
    History history = new History();
    List<BrokerNode> dying = cluster.nodes().subList(1, 3);
    Messaging messaging =
        lab.open("nats.replicas", "3", "nats.retry-delay-max", "1s", "producer.deadline", "120s");
    lab.start(messaging, history.recording(NatsLab.GROUP, message -> {}));
    try (Publishers load = Publishers.start(messaging, lab.topic, history, 4)) {
      load.more(200);
      dying.forEach(BrokerNode::kill);
      // What was on its way may still be answered; after that nothing is.
      load.standstill();
      dying.forEach(BrokerNode::startOnly);
      cluster.awaitReady();
      load.more(200);

      load.settle(NatsLab.GROUP);
      assertThat(load.failures()).allMatch(e -> e.code() == ErrorCode.PUBLISH_REJECTED);
    }
    lab.audit(history);
  }

  /** It lives on one server, whatever the topic does; nobody says that it is gone. */
  @Test
  void a_broadcast_goes_on_without_the_server_of_its_consumer() throws Exception {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    BrokerNode mine = cluster.nodes().get(0);
    Messaging messaging = lab.open("nats.replicas", "3", "nats.servers", mine.directUrl());
    messaging.topology().declareTopic(lab.topic);
    BrokerNode away = null;
    for (int i = 0; i < 50 && away == null; i++) {
      Consumer consumer =
          NatsLab.start(
              messaging
                  .consumer(lab.topic)
                  .broadcast()
                  .handler(message -> got.add(NatsLab.text(message)))
                  .build());
      String home = home();
      if (home.equals(mine.name())) {
        consumer.stop(Duration.ofSeconds(5));
      } else {
        away = node(home);
      }
    }
    assertThat(away).as("a server with the consumer and without the client").isNotNull();
    messaging.producer().publish(lab.message("before"));
    Eventually.await("the first", () -> got.contains("before"));
    Instant since = messaging.health().connection().since();

    away.kill();
    messaging.producer().publish(lab.message("after"));

    Eventually.await("the second", Duration.ofSeconds(60), () -> got.contains("after"));
    assertThat(messaging.health().connection().since()).isEqualTo(since);
  }

  @Test
  void one_address_is_enough_because_its_server_tells_of_the_others() {
    BrokerNode mine = cluster.nodes().get(0);
    Messaging messaging = lab.open("nats.replicas", "3", "nats.servers", mine.directUrl());
    Queue<String> got = new ConcurrentLinkedQueue<>();
    lab.start(messaging, message -> got.add(NatsLab.text(message)));

    mine.kill();
    messaging.producer().publish(lab.message("after"));

    Eventually.await("it", Duration.ofSeconds(60), () -> got.contains("after"));
  }

  private String home() throws Exception {
    return lab.raw()
        .jetStreamManagement()
        .getConsumers(NatsNames.DEFAULT.stream(lab.topic))
        .get(0)
        .getClusterInfo()
        .getLeader();
  }

  private BrokerNode node(String name) {
    return cluster.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
  }
}
