package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups over several instances, and what others do to their topics. */
@Tag("broker")
final class KafkaGroupsTest {
  private static final String GROUP = "billing";
  private static final Duration LONG = Duration.ofSeconds(60);

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_rebalance_waits_for_running_handlers_and_repeats_nothing(String protocol) {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    ConcurrentLinkedQueue<String> handled = new ConcurrentLinkedQueue<>();
    Set<String> running = ConcurrentHashMap.newKeySet();
    CountDownLatch go = new CountDownLatch(1);
    try (Messaging one = KafkaLab.open(broker, protocol);
        Messaging two = KafkaLab.open(broker, protocol)) {
      Consumer first =
          one.consumer(topic)
              .group(GROUP)
              .concurrency(8)
              .handler(
                  message -> {
                    running.add(message.id());
                    go.await();
                    handled.add(message.id());
                  })
              .build();
      first.start();
      first.ready().toCompletableFuture().join();
      Set<String> sent = new HashSet<>();
      for (int i = 0; i < 60; i++) {
        sent.add(
            one.producer().publish(Message.builder(topic).key("key-" + i).text("x").build()).id());
      }
      Eventually.await("eight run", LONG, () -> running.size() == 8);
      Set<String> wereRunning = Set.copyOf(running);
      Consumer second =
          two.consumer(topic)
              .group(GROUP)
              .concurrency(8)
              .handler(message -> handled.add(message.id()))
              .build();
      second.start();
      // What has not started is dropped as soon as the second one asks for partitions.
      Eventually.await("given back", LONG, () -> one.counters().of(topic, GROUP).returned() > 0);
      assertThat(handled).doesNotContainAnyElementsOf(wereRunning);
      go.countDown();
      Eventually.await("all are handled", LONG, () -> handled.size() >= 60);
      second.ready().toCompletableFuture().join();
      assertThat(handled).containsExactlyInAnyOrderElementsOf(sent);
    }
  }

  @Test
  void keys_keep_their_order_while_members_come_and_go() throws InterruptedException {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    List<ConcurrentLinkedQueue<Integer>> seen = new ArrayList<>();
    for (int key = 0; key < 10; key++) {
      seen.add(new ConcurrentLinkedQueue<>());
    }
    AtomicInteger count = new AtomicInteger();
    try (Messaging one = KafkaLab.open(broker, "classic");
        Messaging two = KafkaLab.open(broker, "classic")) {
      Consumer staying = ordered(one, topic, seen, count);
      Thread publisher =
          new Thread(
              () -> {
                for (int i = 0; i < 2000; i++) {
                  one.producer()
                      .publish(
                          Message.builder(topic).key("key-" + i % 10).text("" + i / 10).build());
                }
              });
      publisher.start();
      for (int visit = 0; visit < 3; visit++) {
        Consumer visitor = ordered(two, topic, seen, count);
        int before = count.get();
        Eventually.await("progress", LONG, () -> count.get() > Math.min(1900, before + 150));
        visitor.stop(Duration.ofSeconds(10));
      }
      publisher.join();
      Eventually.await("all are handled", LONG, () -> count.get() >= 2000);
      staying.stop(Duration.ofSeconds(10));
    }
    for (ConcurrentLinkedQueue<Integer> key : seen) {
      // A rebalance may repeat what was settled during it, never lose or swap anything.
      assertThat(List.copyOf(new LinkedHashSet<>(key))).isSorted().hasSize(200);
    }
  }

  private static Consumer ordered(
      Messaging messaging,
      String topic,
      List<ConcurrentLinkedQueue<Integer>> seen,
      AtomicInteger count) {
    Consumer consumer =
        messaging
            .consumer(topic)
            .group(GROUP)
            .concurrency(6)
            .handler(
                message -> {
                  String key = new String(message.key(), StandardCharsets.UTF_8);
                  String text = new String(message.payload(), StandardCharsets.UTF_8);
                  seen.get(Integer.parseInt(key.substring(4))).add(Integer.parseInt(text));
                  count.incrementAndGet();
                })
            .build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    return consumer;
  }

  /** Offsets of a group that lives nobody but its members may write. */
  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_group_that_runs_can_be_declared_again_after_its_topic_got_partitions(String protocol)
      throws Exception {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    try (Messaging first = open(broker, protocol);
        Messaging second = open(broker, protocol);
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()));
        KafkaProducer<byte[], byte[]> producer = KafkaLab.producer(broker)) {
      KafkaLoad.consumer(first, topic, GROUP, 1, message -> handled.add(text(message)));
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();

      KafkaLoad.consumer(second, topic, GROUP, 1, message -> handled.add(text(message)));
      producer.send(new ProducerRecord<>(topic, 4, null, "new".getBytes(UTF_8))).get();

      Eventually.await("it", LONG, () -> handled.contains("new"));
    }
  }

  private static Messaging open(LiveBroker broker, String protocol) {
    // How often its members look for new partitions.
    return KafkaLab.open(broker, protocol, "kafka.client.metadata.max.age.ms", "500");
  }

  private static String text(ReceivedMessage message) {
    return new String(Objects.requireNonNull(message.payload()), UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_group_whose_offsets_the_broker_forgot_skips_nothing(String protocol) throws Exception {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    try (Messaging messaging = KafkaLab.open(broker, protocol);
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      KafkaLoad.consumer(messaging, topic, GROUP, 1, message -> handled.add(message.id()))
          .stop(Duration.ofSeconds(10));
      String id = publish(messaging, topic);
      // What a broker does after offsets.retention.minutes without members.
      admin.deleteConsumerGroups(List.of(KafkaNames.group(topic, GROUP))).all().get();

      KafkaLoad.consumer(messaging, topic, GROUP, 1, message -> handled.add(message.id()));

      Eventually.await("what waited for the group", LONG, () -> handled.contains(id));
    }
  }

  @Test
  void what_lies_in_new_partitions_is_not_skipped_when_a_group_comes_back() throws Exception {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    try (Messaging messaging = KafkaLab.open(broker, "classic");
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()));
        var raw = KafkaLab.producer(broker)) {
      KafkaLoad.consumer(messaging, topic, GROUP, 1, message -> handled.add(message.id()))
          .stop(Duration.ofSeconds(10));
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
      raw.send(new ProducerRecord<>(topic, 4, null, new byte[1])).get();

      KafkaLoad.consumer(messaging, topic, GROUP, 1, message -> handled.add(message.id()));

      Eventually.await("the record of the new partition", LONG, () -> handled.contains("4:0"));
    }
  }

  @Test
  void a_broadcast_hears_what_lies_in_new_partitions() throws Exception {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    ConcurrentLinkedQueue<String> handled = new ConcurrentLinkedQueue<>();
    try (Messaging messaging =
            KafkaLab.open(broker, "classic", "kafka.client.metadata.max.age.ms", "500");
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()));
        var raw = KafkaLab.producer(broker)) {
      messaging.topology().declareTopic(topic);
      Consumer listening =
          messaging
              .consumer(topic)
              .broadcast()
              .handler(message -> handled.add(message.id()))
              .build();
      listening.start();
      listening.ready().toCompletableFuture().join();
      raw.send(new ProducerRecord<>(topic, 0, null, new byte[1])).get();
      Eventually.await("the record of an old partition", LONG, () -> handled.contains("0:0"));

      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
      raw.send(new ProducerRecord<>(topic, 4, null, new byte[1])).get();
      Eventually.await("the record of the new partition", LONG, () -> handled.contains("4:0"));

      raw.send(new ProducerRecord<>(topic, 0, null, new byte[1])).get();
      Eventually.await("the next one of the old one", LONG, () -> handled.contains("0:1"));
      assertThat(handled).containsExactly("0:0", "4:0", "0:1");
    }
  }

  @Test
  void an_offset_beyond_the_end_is_of_another_topic_and_not_believed() throws Exception {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.partitions", "1");
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      messaging.topology().declare(topic, GROUP);
      admin
          .alterConsumerGroupOffsets(
              KafkaNames.group(topic, GROUP),
              Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(2)))
          .all()
          .get();
      messaging.topology().declare(topic, GROUP);
      Set<String> sent = new HashSet<>();
      for (int i = 0; i < 3; i++) {
        sent.add(publish(messaging, topic));
      }

      KafkaLoad.consumer(messaging, topic, GROUP, 1, message -> handled.add(message.id()));

      Eventually.await("all three", LONG, () -> handled.equals(sent));
    }
  }

  @Test
  void a_topic_that_is_deleted_and_made_again_is_read_from_its_start() throws Exception {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = KafkaLab.topic();
    ConcurrentLinkedQueue<String> handled = new ConcurrentLinkedQueue<>();
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.partitions", "1");
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()));
        var raw = KafkaLab.producer(broker)) {
      KafkaLoad.consumer(messaging, topic, GROUP, 1, message -> handled.add(message.id()));
      for (int i = 0; i < 5; i++) {
        raw.send(new ProducerRecord<>(topic, new byte[1])).get();
      }
      Eventually.await("five", LONG, () -> handled.contains("0:4"));

      admin.deleteTopics(List.of(topic)).all().get();
      Eventually.await("made again", LONG, () -> created(admin, topic));
      raw.send(new ProducerRecord<>(topic, new byte[1])).get();

      Eventually.await(
          "the first record of the new topic",
          LONG,
          () -> handled.stream().filter("0:0"::equals).count() == 2);
    }
  }

  private static boolean created(Admin admin, String topic) {
    try {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      // Its consumer may have been faster.
      return e.getCause() instanceof TopicExistsException;
    }
  }

  private static String publish(Messaging messaging, String topic) {
    return messaging.producer().publish(Message.builder(topic).text("x").build()).id();
  }
}
