package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three servers, of which one dies. */
@Tag("broker")
@Tag("full")
class NatsClusterTest {
  @Test
  void the_death_of_a_leader_loses_nothing_that_was_acknowledged() throws Exception {
    History history = new History();
    try (LiveBroker cluster = LiveBrokers.start(Brokers.nats().withProcess().withNodes(3));
        NatsLab lab = new NatsLab(cluster)) {
      Messaging messaging = lab.open("nats.replicas", "3");
      lab.start(messaging, history.recording(NatsLab.GROUP, message -> {}));
      try (Publishers load = Publishers.start(messaging, lab.topic, history, 4)) {
        load.more(200);
        StreamInfo stream =
            lab.raw().jetStreamManagement().getStreamInfo(NatsNames.DEFAULT.stream(lab.topic));
        BrokerNode leader = node(cluster, stream.getClusterInfo().getLeader());
        leader.kill();
        load.more(200);
        leader.start();
        load.settle(NatsLab.GROUP);
      }
    }
  }

  /** It lives on one server, whatever the topic does; nobody says that it is gone. */
  @Test
  void a_broadcast_goes_on_without_the_server_of_its_consumer() throws Exception {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    try (LiveBroker cluster = LiveBrokers.start(Brokers.nats().withProcess().withNodes(3));
        NatsLab lab = new NatsLab(cluster)) {
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
        String home = home(lab);
        if (home.equals(mine.name())) {
          consumer.stop(Duration.ofSeconds(5));
        } else {
          away = node(cluster, home);
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
  }

  private static String home(NatsLab lab) throws Exception {
    return lab.raw()
        .jetStreamManagement()
        .getConsumers(NatsNames.DEFAULT.stream(lab.topic))
        .get(0)
        .getClusterInfo()
        .getLeader();
  }

  private static BrokerNode node(LiveBroker cluster, String name) {
    return cluster.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
  }
}
