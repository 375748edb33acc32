package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.DeadLetters;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.NotRetryableException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Handled dead letters that no longer fit beside the committed offset (ADR 0020). */
@Tag("broker")
final class KafkaLettersTest {
  private static final String GROUP = "billing";
  private static final int LETTERS = 400;
  private static final Duration LONG = Duration.ofSeconds(60);

  @Test
  void what_is_left_moves_and_is_listed_once() {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.metadata-bytes", "16")) {
      AtomicInteger failed = new AtomicInteger();
      Consumer consumer =
          messaging
              .consumer(topic)
              .group(GROUP)
              .concurrency(8)
              .handler(
                  message -> {
                    failed.incrementAndGet();
                    throw new NotRetryableException("broken");
                  })
              .build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      for (int i = 0; i < LETTERS; i++) {
        messaging.producer().publish(Message.builder(topic).id("m" + i).text("x").build());
      }
      DeadLetters letters = messaging.deadLetters();
      Eventually.await("all letters", LONG, () -> letters.count(topic, GROUP) == LETTERS);
      consumer.stop(Duration.ofSeconds(10));

      Set<String> left = new TreeSet<>();
      Counting counting = new Counting(() -> letters.count(topic, GROUP));
      try (counting;
          DeadLetters.Cursor cursor = letters.open(topic, GROUP)) {
        List<DeadLetters.Letter> all = cursor.next(LETTERS);
        assertThat(all).hasSize(LETTERS);
        discardEverySecond(cursor, all, left);
      }
      assertThat(counting.lowest).as("letters at any moment").hasValue(left.size());
      assertThat(counting.highest).as("letters at any moment").hasValueLessThanOrEqualTo(LETTERS);
      assertThat(ids(letters, topic)).containsExactlyInAnyOrderElementsOf(left);

      // Once more, by a cursor that holds some while they move.
      Set<String> rest = new TreeSet<>();
      try (DeadLetters.Cursor cursor = letters.open(topic, GROUP)) {
        List<DeadLetters.Letter> first = cursor.next(left.size() / 2);
        discardEverySecond(cursor, first, rest);
        Eventually.await(
            "they moved",
            LONG,
            () -> letters.count(topic, GROUP) == left.size() - (first.size() - rest.size()));
        List<DeadLetters.Letter> second = cursor.next(left.size());
        assertThat(second).hasSize(left.size() - first.size());
        second.forEach(letter -> rest.add(letter.message().id()));
        DeadLetters.Letter moved = first.get(0);
        cursor.discard(moved);
        rest.remove(moved.message().id());
      }
      assertThat(ids(letters, topic)).containsExactlyInAnyOrderElementsOf(rest);
      assertThat(letters.count(topic, GROUP)).isEqualTo(rest.size());
    }
  }

  @Test
  void a_move_that_a_dead_client_left_open_changes_no_count() throws Exception {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    String letters = KafkaNames.deadLetters(topic, GROUP);
    TopicPartition place = new TopicPartition(letters, 0);
    try (Messaging messaging = KafkaLab.open(broker, "classic");
        KafkaProducer<byte[], byte[]> writer = KafkaLab.producer(broker);
        KafkaProducer<byte[], byte[]> dead = KafkaLab.transactions(broker, topic)) {
      messaging.topology().declare(topic, GROUP);
      for (int i = 0; i < 3; i++) {
        writer.send(new ProducerRecord<>(letters, new byte[] {1})).get();
      }
      try (DeadLetters.Cursor cursor = messaging.deadLetters().open(topic, GROUP)) {
        cursor.discard(cursor.next(3).get(1));
      }
      dead.initTransactions();
      dead.beginTransaction();
      dead.send(new ProducerRecord<>(letters, new byte[] {1}));
      try (KafkaConsumer<byte[], byte[]> member = KafkaLab.member(broker, letters, letters)) {
        dead.sendOffsetsToTransaction(
            Map.of(place, new OffsetAndMetadata(3)), member.groupMetadata());
      }

      assertThat(messaging.deadLetters().count(topic, GROUP)).isEqualTo(2);
      dead.abortTransaction();
    }
  }

  /** Letters have a shorter session than groups, and Kafka wants heartbeats to be shorter still. */
  @Test
  void letters_are_read_where_heartbeats_are_longer_than_their_session() throws Exception {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    try (Messaging messaging =
            KafkaLab.open(broker, "classic", "kafka.client.heartbeat.interval.ms", "10000");
        KafkaProducer<byte[], byte[]> writer = KafkaLab.producer(broker)) {
      messaging.topology().declare(topic, GROUP);
      writer.send(new ProducerRecord<>(KafkaNames.deadLetters(topic, GROUP), new byte[] {1})).get();

      assertThat(ids(messaging.deadLetters(), topic)).containsExactly("0:0");
    }
  }

  /** Counts all the time, from another thread. */
  private static final class Counting implements AutoCloseable {
    final AtomicLong lowest = new AtomicLong(Long.MAX_VALUE);
    final AtomicLong highest = new AtomicLong();
    private final AtomicBoolean over = new AtomicBoolean();
    private final CompletableFuture<Void> counting;

    Counting(LongSupplier count) {
      counting =
          CompletableFuture.runAsync(
              () -> {
                boolean last;
                do {
                  last = over.get();
                  long now = count.getAsLong();
                  lowest.accumulateAndGet(now, Math::min);
                  highest.accumulateAndGet(now, Math::max);
                } while (!last);
              });
    }

    @Override
    public void close() {
      over.set(true);
      counting.join();
    }
  }

  private static void discardEverySecond(
      DeadLetters.Cursor cursor, List<DeadLetters.Letter> letters, Set<String> left) {
    for (int i = 0; i < letters.size(); i++) {
      if (i % 2 == 0) {
        left.add(letters.get(i).message().id());
      } else {
        cursor.discard(letters.get(i));
      }
    }
  }

  private static List<String> ids(DeadLetters letters, String topic) {
    List<String> ids = new ArrayList<>();
    try (DeadLetters.Cursor cursor = letters.open(topic, GROUP)) {
      cursor.next(LETTERS).forEach(letter -> ids.add(letter.message().id()));
    }
    return ids;
  }
}
