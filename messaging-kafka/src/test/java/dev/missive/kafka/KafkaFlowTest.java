package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.DeadLetters;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.NotRetryableException;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The life of a message on a real broker, with both group protocols: the smoke test of Part B. */
@Tag("broker")
@Tag("smoke")
final class KafkaFlowTest {
  private static final String GROUP = "billing";
  private static final Duration LONG = Duration.ofSeconds(60);

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void what_is_acknowledged_does_not_come_back(String protocol) {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    Set<String> sent = new HashSet<>();
    ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
    try (Messaging messaging = KafkaLab.open(broker, protocol)) {
      Consumer consumer = start(messaging, topic, message -> seen.add(message.id()));
      for (int i = 0; i < 500; i++) {
        sent.add(messaging.producer().publish(message(topic, i)).id());
      }
      Eventually.await("all are handled", LONG, () -> seen.size() >= 500);
      assertThat(consumer.stop(Duration.ofSeconds(10)).complete()).isTrue();
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(sent);
    seen.clear();
    try (Messaging messaging = KafkaLab.open(broker, protocol)) {
      start(messaging, topic, message -> seen.add(message.id()));
      String sentinel = messaging.producer().publish(message(topic, 501)).id();
      Eventually.await("the sentinel", LONG, () -> seen.contains(sentinel));
      assertThat(seen).containsExactly(sentinel);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"10s", "500ms"})
  void a_failed_message_waits_in_process_or_in_a_retry_topic(String inProcess) {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    AtomicLong first = new AtomicLong();
    AtomicLong second = new AtomicLong();
    try (Messaging messaging =
        KafkaLab.open(broker, "classic", "kafka.wait-in-process", inProcess)) {
      start(
          messaging,
          topic,
          message -> {
            if (message.attempt() == 1) {
              first.set(System.nanoTime());
              throw new IllegalStateException("fails once");
            }
            second.set(System.nanoTime());
          });
      messaging.producer().publish(message(topic, 1));
      Eventually.await("the second run", LONG, () -> second.get() != 0);
      assertThat(messaging.counters().of(topic, GROUP).retried())
          .as("copies to a retry topic")
          .isEqualTo(inProcess.equals("10s") ? 0 : 1);
    }
    assertThat(Duration.ofNanos(second.get() - first.get()))
        .isBetween(Duration.ofSeconds(3), Duration.ofSeconds(19));
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_dead_letter_is_peeked_and_redriven(String protocol) {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    AtomicBoolean broken = new AtomicBoolean(true);
    try (Messaging messaging = KafkaLab.open(broker, protocol)) {
      start(
          messaging,
          topic,
          message -> {
            if (broken.get()) {
              throw new NotRetryableException("broken");
            }
            handled.add(message.id());
          });
      String id = messaging.producer().publish(message(topic, 7)).id();
      Eventually.await("the letter", LONG, () -> messaging.deadLetters().count(topic, GROUP) == 1);
      for (int i = 0; i < 3; i++) {
        try (DeadLetters.Cursor cursor = messaging.deadLetters().open(topic, GROUP)) {
          List<DeadLetters.Letter> letters = cursor.next(10);
          assertThat(letters).hasSize(1);
          assertThat(letters.get(0).message().id()).isEqualTo(id);
        }
      }
      broken.set(false);
      try (DeadLetters.Cursor cursor = messaging.deadLetters().open(topic, GROUP)) {
        cursor.redrive(DeadLetters.RedriveOptions.all());
      }
      Eventually.await("the redriven one", LONG, () -> handled.contains(id));
      assertThat(messaging.deadLetters().count(topic, GROUP)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void nothing_with_a_receipt_is_lost_when_the_broker_is_killed(String protocol)
      throws InterruptedException {
    try (LiveBroker broker = LiveBrokers.start(Brokers.kafka().withProcess())) {
      String topic = KafkaLab.topic();
      Set<String> receipts = ConcurrentHashMap.newKeySet();
      Set<String> handled = ConcurrentHashMap.newKeySet();
      AtomicBoolean enough = new AtomicBoolean();
      try (Messaging messaging = KafkaLab.open(broker, protocol, "producer.deadline", "120s")) {
        start(messaging, topic, message -> handled.add(message.id()));
        Thread publisher =
            new Thread(
                () -> {
                  for (int i = 0; !enough.get(); i++) {
                    receipts.add(messaging.producer().publish(message(topic, i)).id());
                  }
                });
        publisher.start();
        for (int kill = 0; kill < 2; kill++) {
          int before = handled.size();
          Eventually.await("load", LONG, () -> handled.size() > before + 300);
          broker.node().restart();
        }
        int after = handled.size();
        Eventually.await("load after the restart", LONG, () -> handled.size() > after + 300);
        enough.set(true);
        publisher.join(LONG.toMillis());
        assertThat(publisher.isAlive()).isFalse();
        Eventually.await("every receipt is handled", LONG, () -> handled.containsAll(receipts));
      }
      System.out.printf(
          "%s: %d receipts, %d handled over two kills%n",
          protocol, receipts.size(), handled.size());
    }
  }

  private interface Handling {
    void handle(ReceivedMessage message) throws Exception;
  }

  private static Consumer start(Messaging messaging, String topic, Handling handling) {
    Consumer consumer =
        messaging
            .consumer(topic)
            .group(GROUP)
            .concurrency(4)
            .retry(RetryPolicy.exponential(Duration.ofSeconds(3), Duration.ofSeconds(3)))
            .handler(handling::handle)
            .build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    return consumer;
  }

  private static Message message(String topic, int i) {
    return Message.builder(topic).key("key-" + i % 50).text("{\"n\":" + i + "}").build();
  }
}
