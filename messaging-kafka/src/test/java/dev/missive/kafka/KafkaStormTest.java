package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Members join and leave every two seconds under load. */
@Tag("broker")
@Tag("full")
final class KafkaStormTest {
  private static final String GROUP = "billing";
  private static final int KEYS = 50;
  private static final int TURNS = 20;
  private static final long TURN_NANOS = 2_000_000_000L;
  private static final Duration LONG = Duration.ofSeconds(60);

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_rebalance_storm_loses_nothing_and_stops_nothing(String protocol) {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    History history = new History();
    AtomicInteger stored = new AtomicInteger();
    AtomicBoolean enough = new AtomicBoolean();
    Deque<Messaging> members = new ArrayDeque<>();
    int slowest = Integer.MAX_VALUE;
    try (Messaging steady = KafkaLab.open(broker, protocol)) {
      Consumer staying = consume(steady, topic, history);
      CompletableFuture<Void> load =
          CompletableFuture.runAsync(
              () -> publish(steady, topic, history, stored, enough),
              task -> new Thread(task, "publisher").start());
      for (int turn = 0; turn < TURNS; turn++) {
        long until = System.nanoTime() + TURN_NANOS;
        long before = history.runs(GROUP);
        if (members.size() < 3 && turn % 5 != 4) {
          Messaging joining = KafkaLab.open(broker, protocol);
          consume(joining, topic, history);
          members.add(joining);
        } else {
          members.remove().close();
        }
        Eventually.await(
            "a turn is over, and something was handled in it",
            LONG,
            () -> System.nanoTime() - until > 0 && history.runs(GROUP) > before);
        slowest = (int) Math.min(slowest, history.runs(GROUP) - before);
      }
      enough.set(true);
      load.join();
      members.forEach(Messaging::close);
      History.Rules rules = new History.Rules(List.of(GROUP), true, Integer.MAX_VALUE);
      Eventually.await("all are handled", LONG, () -> history.check(rules).isEmpty());
      assertThat(staying.stop(Duration.ofSeconds(10)).complete()).isTrue();
    }
    System.out.printf(
        "%s: %d joins and leaves, %d stored, %d runs, at least %d runs in each turn%n",
        protocol, TURNS, stored.get(), history.runs(GROUP), slowest);
  }

  private static void publish(
      Messaging messaging,
      String topic,
      History history,
      AtomicInteger stored,
      AtomicBoolean enough) {
    while (!enough.get()) {
      Message message = Message.builder(topic).key("key-" + stored.get() % KEYS).text("x").build();
      history.sent(message);
      history.stored(messaging.producer().publish(message).id());
      stored.incrementAndGet();
    }
  }

  private static Consumer consume(Messaging messaging, String topic, History history) {
    return KafkaLoad.consumer(
        messaging,
        topic,
        GROUP,
        8,
        history.recording(GROUP, message -> LockSupport.parkNanos(1_000_000)));
  }
}
