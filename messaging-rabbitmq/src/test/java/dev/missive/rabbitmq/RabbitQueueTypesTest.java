package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Capability;
import dev.missive.DeadLetters.Cursor;
import dev.missive.DeadLetters.RedriveOptions;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Queues that are not quorum queues keep the promises that one node can keep. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitQueueTypesTest {
  private final RabbitLab lab;

  RabbitQueueTypesTest(boolean oldest) {
    LiveBroker broker =
        LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq());
    lab = new RabbitLab(broker);
  }

  @AfterEach
  void close() throws Exception {
    lab.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = QueueType.class,
      names = {"CLASSIC", "PRIORITY"})
  void retries_wait_and_dead_letters_come_back(QueueType type) {
    Messaging messaging = open(type);
    Recorder recorder =
        new Recorder(
            message -> {
              if (message.attempt() <= 2 && message.type() == null) {
                throw new IllegalStateException("not yet");
              }
            });
    // The second wait is long enough to be spent at the broker.
    RetryPolicy retry =
        RetryPolicy.exponential(Duration.ofMillis(600), Duration.ofSeconds(2)).maxAttempts(2);
    lab.start(messaging, lab.topic, "g", recorder, b -> b.retry(retry).ordering(Ordering.KEY));

    String id =
        messaging.producer().publish(Message.builder(lab.topic).key("k").text("x").build()).id();

    Eventually.await(
        "its dead letter",
        Duration.ofSeconds(30),
        () -> messaging.deadLetters().count(lab.topic, "g") == 1);
    assertThat(recorder.runs()).extracting(Recorder.Run::attempt).containsExactly(1, 2);
    try (Cursor cursor = messaging.deadLetters().open(lab.topic, "g")) {
      assertThat(cursor.redrive(RedriveOptions.all()).redriven()).isEqualTo(1);
    }
    recorder.await(3);
    assertThat(recorder.ids()).containsOnly(id);
    assertThat(messaging.deadLetters().count(lab.topic, "g")).isZero();
  }

  @Test
  void a_priority_queue_gives_the_urgent_first() throws Exception {
    Messaging messaging = open(QueueType.PRIORITY);
    assertThat(messaging.support(Capability.PRIORITY)).isEqualTo(Capability.Support.NATIVE);
    CountDownLatch hold = new CountDownLatch(1);
    Recorder recorder = new Recorder(message -> hold.await());
    lab.start(messaging, lab.topic, "g", recorder, b -> b.maxInFlight(1));
    publish(messaging, "first", 0);
    recorder.await(1);

    List<String> waiting = IntStream.range(0, 10).mapToObj(i -> "p" + i).toList();
    waiting.forEach(text -> publish(messaging, text, waiting.indexOf(text)));
    hold.countDown();

    recorder.await(11);
    assertThat(recorder.texts())
        .containsExactly("first", "p9", "p8", "p7", "p6", "p5", "p4", "p3", "p2", "p1", "p0");
  }

  private Messaging open(QueueType type) {
    return lab.open(Map.of("rabbitmq.queue-type", type.name()));
  }

  private void publish(Messaging messaging, String text, int priority) {
    messaging.producer().publish(Message.builder(lab.topic).text(text).priority(priority).build());
  }
}
