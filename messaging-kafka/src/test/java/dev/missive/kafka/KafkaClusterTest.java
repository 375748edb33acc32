package dev.missive.kafka;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Three brokers, of which any one may die under load. */
@Tag("broker")
@Tag("full")
final class KafkaClusterTest {
  private static final String GROUP = "billing";
  private static final int PUBLISHERS = 20;
  private static final Duration LONG = Duration.ofSeconds(120);

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void nothing_with_a_receipt_is_lost_when_each_of_three_is_killed_in_turn(String protocol) {
    String topic = KafkaLab.topic();
    History history = new History();
    AtomicInteger stored = new AtomicInteger();
    AtomicBoolean enough = new AtomicBoolean();
    try (LiveBroker cluster =
            LiveBrokers.start(
                Brokers.kafka()
                    .withProcess()
                    .withNodes(3)
                    .withConfig("min.insync.replicas", "2")
                    // Three of them on a busy machine: one that is slow is not dead.
                    .withConfig("broker.session.timeout.ms", "9000")
                    .withConfig("controller.quorum.fetch.timeout.ms", "4000")
                    .withConfig("controller.quorum.election.timeout.ms", "2000"));
        Messaging messaging =
            KafkaLab.open(
                cluster, protocol, "kafka.replication", "3", "producer.deadline", "120s")) {
      KafkaLoad.consumer(messaging, topic, GROUP, 4, history.recording(GROUP, message -> {}));
      List<CompletableFuture<Void>> publishers = new ArrayList<>();
      for (int p = 0; p < PUBLISHERS; p++) {
        String key = "key-" + p;
        publishers.add(
            CompletableFuture.runAsync(
                () -> {
                  while (!enough.get()) {
                    Message message = Message.builder(topic).key(key).text("x").build();
                    history.sent(message);
                    history.stored(messaging.producer().publish(message).id());
                    stored.incrementAndGet();
                  }
                },
                task -> new Thread(task, "publisher").start()));
      }
      cluster
          .nodes()
          .forEach(
              node -> {
                progress(stored);
                node.kill();
                progress(stored);
                node.start();
                cluster.awaitReady();
              });
      progress(stored);
      enough.set(true);
      publishers.forEach(CompletableFuture::join);
      History.Rules rules = new History.Rules(List.of(GROUP), true, Integer.MAX_VALUE);
      Eventually.await("all are handled", LONG, () -> history.check(rules).isEmpty());
    }
    System.out.printf(
        "%s: three brokers killed in turn, %d stored, %d runs%n",
        protocol, stored.get(), history.runs(GROUP));
    Assertions.assertThat(history.runs(GROUP)).isGreaterThanOrEqualTo(stored.get());
  }

  private static void progress(AtomicInteger stored) {
    int before = stored.get();
    Eventually.await("500 more are stored", LONG, () -> stored.get() > before + 500);
  }
}
