package dev.missive.nats;

import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerNode;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.api.StreamInfo;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three servers, of which one dies. */
@Tag("broker")
@Tag("full")
class NatsClusterTest {
  @Test
  void the_death_of_a_leader_loses_nothing_that_was_acknowledged() throws Exception {
    Set<String> receipts = ConcurrentHashMap.newKeySet();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    AtomicBoolean enough = new AtomicBoolean();
    try (LiveBroker cluster = LiveBrokers.start(Brokers.nats().withProcess().withNodes(3));
        NatsLab lab = new NatsLab(cluster)) {
      Messaging messaging = lab.open("nats.replicas", "3");
      NatsLab.start(
          messaging
              .consumer(lab.topic)
              .group(NatsLab.GROUP)
              .concurrency(4)
              .handler(message -> handled.add(message.id()))
              .build());
      Thread publisher =
          new Thread(
              () -> {
                while (!enough.get()) {
                  try {
                    receipts.add(messaging.producer().publish(lab.message("x")).id());
                  } catch (PublishException e) {
                    // No receipt, no promise.
                  }
                }
              });
      publisher.start();
      Eventually.await("load", Duration.ofSeconds(30), () -> handled.size() > 200);

      StreamInfo stream =
          lab.raw().jetStreamManagement().getStreamInfo(NatsNames.DEFAULT.stream(lab.topic));
      String leader = stream.getClusterInfo().getLeader();
      BrokerNode node =
          cluster.nodes().stream().filter(n -> n.name().equals(leader)).findFirst().orElseThrow();
      node.kill();
      int before = handled.size();
      Eventually.await(
          "load without the leader", Duration.ofSeconds(60), () -> handled.size() > before + 200);
      node.start();
      enough.set(true);
      publisher.join();

      Eventually.await(
          "every receipt is handled", Duration.ofSeconds(60), () -> handled.containsAll(receipts));
    }
  }
}
