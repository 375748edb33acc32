package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Records of others as messages, and messages as others see them (semantics, "On the wire"). */
@Tag("broker")
final class KafkaWireTest {
  private static final String GROUP = "billing";
  private static final Duration LONG = Duration.ofSeconds(60);

  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
  private final String topic = KafkaLab.topic();

  @Test
  void what_other_programs_write_is_handled() throws Exception {
    ConcurrentLinkedQueue<ReceivedMessage> seen = new ConcurrentLinkedQueue<>();
    try (Messaging messaging = KafkaLab.open(broker, "classic");
        var raw = KafkaLab.producer(broker)) {
      Consumer consumer = messaging.consumer(topic).group(GROUP).handler(seen::add).build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      ProducerRecord<byte[], byte[]> tombstone =
          new ProducerRecord<>(topic, 1, new byte[] {0, -1, 7}, null);
      tombstone.headers().add("type", "order.gone".getBytes());
      tombstone.headers().add("twice", "first".getBytes());
      tombstone.headers().add("twice", "last".getBytes());
      tombstone.headers().add("nothing", null);
      raw.send(tombstone).get();
      Eventually.await("it is handled", LONG, () -> !seen.isEmpty());
    }
    ReceivedMessage message = seen.element();
    assertThat(message.id()).isEqualTo("1:0");
    assertThat(message.payload()).isNull();
    assertThat(message.key()).containsExactly(0, -1, 7);
    assertThat(message.type()).isEqualTo("order.gone");
    assertThat(message.headers())
        .containsEntry("twice", "last")
        .containsEntry("type", "order.gone")
        .doesNotContainKey("nothing");
    assertThat(message.timestamp()).isNotNull();
  }

  @Test
  void what_we_write_is_readable_by_other_programs() {
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.partitions", "1")) {
      messaging.topology().declareTopic(topic);
      messaging
          .producer()
          .publish(
              Message.builder(topic)
                  .id("m1")
                  .type("order.created")
                  .key("k")
                  .contentType("text/plain")
                  .correlationId("c1")
                  .header("source", "web")
                  .text("hello")
                  .build());
      var record = KafkaLab.first(broker, topic);
      assertThat(record.key()).isEqualTo("k".getBytes());
      assertThat(record.value()).isEqualTo("hello".getBytes());
      assertThat(KafkaLab.headers(record))
          .containsEntry("missive-id", "m1")
          .containsEntry("missive-type", "order.created")
          .containsEntry("content-type", "text/plain")
          .containsEntry("missive-correlation-id", "c1")
          .containsEntry("source", "web")
          .containsKey("missive-ts")
          .doesNotContainKey("missive-topic");
    }
  }

  /** Brokers refuse records whose own time is more than an hour ahead. */
  @Test
  void a_time_of_publication_that_lies_far_ahead_arrives() {
    Instant ahead = Instant.now().plus(3, ChronoUnit.HOURS).truncatedTo(ChronoUnit.MILLIS);
    ConcurrentLinkedQueue<ReceivedMessage> seen = new ConcurrentLinkedQueue<>();
    try (Messaging messaging = KafkaLab.open(broker, "classic")) {
      KafkaLoad.consumer(messaging, topic, GROUP, 1, seen::add);

      messaging
          .producer()
          .publish(Message.builder(topic).timestamp(ahead).text("from tomorrow").build());

      Eventually.await("it is handled", LONG, () -> !seen.isEmpty());
      assertThat(seen.element().timestamp()).isEqualTo(ahead);
    }
  }
}
