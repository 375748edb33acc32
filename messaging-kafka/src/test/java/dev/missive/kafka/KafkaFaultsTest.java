package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ConnectionState;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Publishers;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.Direction;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One broker that is killed, or cut off, under load, and that comes back. */
@Tag("broker")
@Tag("full")
final class KafkaFaultsTest {
  private static final String GROUP = "billing";
  private static final int KEYS = 4;
  private static final Duration LONG = Duration.ofSeconds(120);

  private final String topic = KafkaLab.topic();
  private final History history = new History();
  private final Set<String> failed = ConcurrentHashMap.newKeySet();

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_killed_broker_loses_nothing_with_a_receipt_and_keeps_order_and_attempts(String protocol) {
    int kills = 2;
    try (LiveBroker own = LiveBrokers.start(Brokers.kafka().withProcess());
        Messaging messaging = KafkaLab.open(own, protocol)) {
      consume(messaging);
      try (Publishers load = Publishers.start(messaging, topic, history, KEYS)) {
        load.more(300);
        for (int i = 0; i < kills; i++) {
          own.node().kill();
          await(messaging, ConnectionState.RECONNECTING);
          own.node().start();
          await(messaging, ConnectionState.CONNECTED);
          load.more(300);
        }
        load.settle(GROUP);
        assertThat(load.failures()).isEmpty();
      }
      // A death costs what was not settled, and commits that were not written down.
      check(2 * kills, protocol);
    }
  }

  /** In both directions, wherever in a frame that is. */
  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_network_that_is_cut_again_and_again_loses_nothing_and_keeps_order_and_attempts(
      String protocol) {
    int cuts = 10;
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try (LiveBroker own = LiveBrokers.start(Brokers.kafka().withProcess().withProxy());
        Messaging messaging = KafkaLab.open(own, protocol)) {
      TcpProxy proxy = own.node().proxy().orElseThrow();
      consume(messaging);
      try (Publishers load = Publishers.start(messaging, topic, history, KEYS)) {
        for (int i = 0; i < cuts; i++) {
          load.more(100);
          long connections = proxy.accepted();
          proxy.cutAfter(Direction.values()[i % 2], 1 + random.nextInt(20_000));
          Eventually.await(
              "cut " + i + " of seed " + seed, LONG, () -> proxy.accepted() > connections);
        }
        load.more(100);
        load.settle(GROUP);
        assertThat(load.failures()).isEmpty();
      }
      await(messaging, ConnectionState.CONNECTED);
      check(cuts, protocol + ", seed " + seed);
    }
  }

  /** Every tenth message has to be tried twice. */
  private void consume(Messaging messaging) {
    KafkaLoad.consumer(
        messaging,
        topic,
        GROUP,
        KEYS,
        history.recording(
            GROUP,
            message -> {
              if (message.attempt() == 1 && Math.floorMod(message.id().hashCode(), 10) == 0) {
                failed.add(message.id());
                throw new IllegalStateException("the first run fails");
              }
              failed.remove(message.id());
            }));
  }

  private static void await(Messaging messaging, ConnectionState state) {
    Eventually.await(state.name(), LONG, () -> messaging.health().connection().state() == state);
  }

  private void check(int duplicates, String what) {
    Eventually.await("the second runs", LONG, failed::isEmpty);
    assertThat(history.check(new History.Rules(List.of(GROUP), true, duplicates)))
        .as(what)
        .isEmpty();
    System.out.printf("%s: %d runs%n", what, history.runs(GROUP));
  }
}
