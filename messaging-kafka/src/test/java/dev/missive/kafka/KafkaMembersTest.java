package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.spi.Delivery;
import dev.missive.spi.Delivery.Settled;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a member keeps, and what it can do with what it has lost (semantics S12, S13). */
@Tag("broker")
final class KafkaMembersTest {
  private static final String GROUP = "billing";
  private static final int PARTITIONS = 4;
  private static final Duration LONG = Duration.ofSeconds(60);

  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
  private final String topic = KafkaLab.topic();

  /** With room in the window, and with none, so that nothing is fetched meanwhile. */
  @ParameterizedTest
  @CsvSource({"classic, 1", "consumer, 100"})
  void a_handler_that_takes_longer_than_the_poll_interval_keeps_its_partition(
      String protocol, int maxInFlight) {
    // So long that no stall of a busy machine is taken for a slow handler.
    Duration pollInterval = Duration.ofSeconds(10);
    CountDownLatch go = new CountDownLatch(1);
    ConcurrentLinkedQueue<String> begun = new ConcurrentLinkedQueue<>();
    try (Messaging messaging =
        KafkaLab.open(
            broker,
            protocol,
            "kafka.client.max.poll.interval.ms",
            Long.toString(pollInterval.toMillis()),
            "kafka.revoke-timeout",
            "1s")) {
      Consumer consumer =
          messaging
              .consumer(topic)
              .group(GROUP)
              .maxInFlight(maxInFlight)
              .handler(
                  message -> {
                    begun.add(message.id());
                    go.await();
                  })
              .build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      String slow = messaging.producer().publish(message()).id();
      Eventually.await("it runs", LONG, () -> begun.contains(slow));
      long until = System.nanoTime() + pollInterval.multipliedBy(2).toNanos();
      Eventually.await("two intervals", LONG, () -> System.nanoTime() - until > 0);
      go.countDown();
      String next = messaging.producer().publish(message()).id();

      Eventually.await("the next one runs", LONG, () -> begun.contains(next));
      assertThat(begun).containsExactly(slow, next);
      assertThat(messaging.counters().of(topic, GROUP).returned()).isZero();
    }
  }

  @Test
  void a_thousand_acknowledgements_are_committed_however_long_the_interval_is() {
    AtomicInteger handled = new AtomicInteger();
    try (Messaging messaging =
            KafkaLab.open(
                broker, "classic", "kafka.partitions", "1", "kafka.commit-interval", "1h");
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      KafkaLoad.consumer(messaging, topic, GROUP, 1, message -> handled.incrementAndGet());
      for (int i = 0; i < 1_500; i++) {
        messaging.producer().publishAsync(message());
      }

      Eventually.await("all are handled", LONG, () -> handled.get() == 1_500);
      Eventually.await("a commit", LONG, () -> committed(admin) >= 1_000);
    }
  }

  private long committed(Admin admin) {
    try {
      return admin
          .listConsumerGroupOffsets(KafkaNames.group(topic, GROUP))
          .partitionsToOffsetAndMetadata()
          .get()
          .get(new TopicPartition(topic, 0))
          .offset();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Kafka's {@code onPartitionsLost}: nobody asks, and somebody else may have them already. */
  @ParameterizedTest
  @ValueSource(strings = "classic")
  void what_a_removed_member_had_is_stale_and_comes_again(String protocol) throws Exception {
    try (KafkaMember member = new KafkaMember(broker, protocol, topic, GROUP);
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      oneToEachPartition(broker);
      Eventually.await("one of each", LONG, () -> member.kept().size() == PARTITIONS);
      Set<Delivery> before = Set.copyOf(member.delivered);

      admin
          .removeMembersFromConsumerGroup(
              KafkaNames.group(topic, GROUP), new RemoveMembersFromConsumerGroupOptions())
          .all()
          .get();

      Eventually.await("they are lost", LONG, () -> member.lost().size() == PARTITIONS);
      assertThat(member.asked).isEmpty();
      assertThat(before).allSatisfy(lost -> assertThat(lost.ack()).isEqualTo(Settled.STALE));
      Eventually.await("they come again", LONG, () -> member.kept().size() == PARTITIONS);
      assertThat(member.delivered)
          .hasSize(2 * PARTITIONS)
          .filteredOn(delivery -> !before.contains(delivery))
          .allSatisfy(again -> assertThat(again.ack()).isEqualTo(Settled.DONE));
    }
  }

  /** With the newer protocol nobody else can remove a member. */
  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void what_a_member_had_whose_session_ended_is_stale_and_comes_again(String protocol)
      throws Exception {
    String group = KafkaNames.group(topic, GROUP);
    try (LiveBroker cut = LiveBrokers.start(Brokers.kafka().withProcess().withProxy());
        Admin admin =
            Admin.create(Map.of("bootstrap.servers", KafkaControl.internalListener(cut)));
        KafkaMember member =
            new KafkaMember(cut, protocol, topic, GROUP, "kafka.session-timeout", "3s")) {
      oneToEachPartition(cut);
      Eventually.await("one of each", LONG, () -> member.kept().size() == PARTITIONS);
      Set<Delivery> before = Set.copyOf(member.delivered);
      TcpProxy proxy = cut.node().proxy().orElseThrow();

      proxy.refuse();
      proxy.cut();
      Eventually.await("nobody is in the group", LONG, () -> members(admin, group) == 0);
      proxy.heal();

      Eventually.await("they are lost", LONG, () -> member.lost().size() == PARTITIONS);
      assertThat(member.asked).isEmpty();
      assertThat(before).allSatisfy(lost -> assertThat(lost.ack()).isEqualTo(Settled.STALE));
      Eventually.await("they come again", LONG, () -> member.kept().size() == PARTITIONS);
      assertThat(member.delivered)
          .hasSize(2 * PARTITIONS)
          .filteredOn(delivery -> !before.contains(delivery))
          .allSatisfy(again -> assertThat(again.ack()).isEqualTo(Settled.DONE));
    }
  }

  private static int members(Admin admin, String group) {
    try {
      return admin
          .describeConsumerGroups(Set.of(group))
          .describedGroups()
          .get(group)
          .get()
          .members()
          .size();
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void what_outlasts_the_revoke_timeout_is_stale_and_comes_to_the_other_member(String protocol)
      throws Exception {
    try (KafkaMember first =
        new KafkaMember(broker, protocol, topic, GROUP, "kafka.revoke-timeout", "500ms")) {
      oneToEachPartition(broker);
      Eventually.await("one of each", LONG, () -> first.kept().size() == PARTITIONS);

      try (KafkaMember second = new KafkaMember(broker, protocol, topic, GROUP)) {
        Eventually.await(
            "the other has what was taken",
            LONG,
            () -> !second.kept().isEmpty() && second.kept().equals(first.lost()));

        assertThat(first.asked).containsAll(first.ended);
        assertThat(first.delivered)
            .allSatisfy(
                delivery ->
                    assertThat(delivery.ack())
                        .isEqualTo(
                            first.ended.contains(delivery.epoch()) ? Settled.STALE : Settled.DONE));
        assertThat(second.delivered)
            .allSatisfy(delivery -> assertThat(delivery.ack()).isEqualTo(Settled.DONE));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_paused_member_stays_paused_while_others_come_and_go(String protocol) throws Exception {
    try (KafkaMember paused = new KafkaMember(broker, protocol, topic, GROUP);
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      paused.subscription.pause();
      Set<String> handled;
      try (KafkaMember visitor = new KafkaMember(broker, protocol, topic, GROUP)) {
        Eventually.await("both have some", LONG, () -> owners(admin, 2));
        oneToEachPartition(broker);
        Eventually.await("the visitor's", LONG, () -> visitor.kept().size() == PARTITIONS / 2);
        visitor.delivered.forEach(Delivery::ack);
        handled = visitor.kept();
      }
      Eventually.await("one has all", LONG, () -> owners(admin, 1));
      // Another group sees what the paused one is not to see.
      try (KafkaMember other = new KafkaMember(broker, protocol, topic, "other")) {
        oneToEachPartition(broker);
        Eventually.await("the others", LONG, () -> other.kept().size() == PARTITIONS);
      }
      assertThat(paused.delivered).isEmpty();

      paused.subscription.resume();

      Eventually.await(
          "the rest", LONG, () -> paused.kept().size() == 2 * PARTITIONS - handled.size());
      assertThat(paused.kept()).doesNotContainAnyElementsOf(handled);
    }
  }

  /** Whether so many members share the partitions of the topic. */
  private boolean owners(Admin admin, int count) {
    String group = KafkaNames.group(topic, GROUP);
    try {
      var members = admin.describeConsumerGroups(Set.of(group)).all().get().get(group).members();
      Map<TopicPartition, Long> owned =
          members.stream()
              .flatMap(member -> member.assignment().topicPartitions().stream())
              .filter(partition -> partition.topic().equals(topic))
              .collect(Collectors.groupingBy(partition -> partition, Collectors.counting()));
      return members.size() == count
          && owned.size() == PARTITIONS
          && owned.values().stream().allMatch(owners -> owners == 1)
          && members.stream().noneMatch(member -> member.assignment().topicPartitions().isEmpty());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void oneToEachPartition(LiveBroker on) throws Exception {
    try (var raw = KafkaLab.producer(on)) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        raw.send(new ProducerRecord<>(topic, partition, null, new byte[1])).get();
      }
    }
  }

  private Message message() {
    return Message.builder(topic).key("k").text("x").build();
  }
}
