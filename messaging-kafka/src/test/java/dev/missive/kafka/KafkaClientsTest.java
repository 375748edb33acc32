package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What promises rest on, as Kafka's clients understand it: our properties together with their
 * defaults, which a later version could change.
 */
final class KafkaClientsTest {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  @Test
  void a_publish_is_stored_by_all_in_order_until_its_deadline() {
    ProducerConfig config = producer(Map.of(), DEADLINE, null);

    assertThat(config.getString("acks")).isEqualTo("-1");
    assertThat(config.getBoolean("enable.idempotence")).isTrue();
    assertThat(config.getInt("max.in.flight.requests.per.connection")).isEqualTo(5);
    assertThat(config.getInt("retries")).isEqualTo(Integer.MAX_VALUE);
    assertThat(config.getInt("delivery.timeout.ms")).isEqualTo(30_000);
    assertThat(config.getInt("request.timeout.ms")).isEqualTo(15_000);
    assertThat(config.getString("transactional.id")).isNull();
  }

  @Test
  void a_publish_does_not_wait_for_others_and_takes_many_at_once() {
    ProducerConfig config = producer(Map.of(), DEADLINE, null);

    assertThat(config.getLong("linger.ms")).isZero();
    assertThat(config.getInt("batch.size")).isEqualTo(131_072);
    assertThat(config.getLong("max.block.ms")).isEqualTo(5_000);
    assertThat(config.getLong("metadata.max.idle.ms")).isEqualTo(1_728_000_000);
  }

  @Test
  void the_partition_of_a_key_is_that_of_every_other_program() {
    ProducerConfig config = producer(Map.of(), DEADLINE, null);

    assertThat(config.getClass("partitioner.class")).isNull();
    assertThat(config.getBoolean("partitioner.ignore.keys")).isFalse();
  }

  @Test
  void one_request_never_lasts_longer_than_the_publish() {
    ProducerConfig brief = producer(Map.of("linger.ms", "100"), Duration.ofSeconds(1), null);

    assertThat(brief.getLong("linger.ms")).isEqualTo(100);
    assertThat(brief.getInt("request.timeout.ms")).isEqualTo(900);
    assertThat(brief.getInt("delivery.timeout.ms")).isEqualTo(1_000);
  }

  @Test
  void a_transaction_ends_with_the_deadline_of_its_batch() {
    ProducerConfig config = producer(Map.of(), DEADLINE, "missive-1");

    assertThat(config.getString("transactional.id")).isEqualTo("missive-1");
    assertThat(config.getInt("transaction.timeout.ms")).isEqualTo(30_000);
    assertThat(config.getLong("max.block.ms")).isEqualTo(30_000);
    assertThat(config.getString("acks")).isEqualTo("-1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void nothing_is_committed_skipped_made_or_read_uncommitted(String protocol) {
    for (boolean letters : new boolean[] {false, true}) {
      readsAllAndCommitsNothing(consumer(protocol, "orders.billing", letters));
    }
    readsAllAndCommitsNothing(consumer(protocol, null, false));
  }

  private static void readsAllAndCommitsNothing(ConsumerConfig config) {
    assertThat(config.getBoolean("enable.auto.commit")).isFalse();
    assertThat(config.getString("auto.offset.reset")).isEqualTo("earliest");
    assertThat(config.getString("isolation.level")).isEqualTo("read_committed");
    assertThat(config.getBoolean("allow.auto.create.topics")).isFalse();
  }

  @Test
  void a_classic_group_is_balanced_by_our_assignor() {
    ConsumerConfig config = consumer("classic", "orders.billing", false);

    assertThat(config.getString("group.id")).isEqualTo("orders.billing");
    assertThat(config.getString("group.protocol")).isEqualToIgnoringCase("classic");
    // By name, since groups of earlier versions ask for it.
    assertThat(config.getList("partition.assignment.strategy"))
        .isEqualTo(List.of("dev.missive.kafka.KafkaAssignor"));
    assertThat(new KafkaAssignor().name()).isEqualTo("missive-cooperative-sticky");
    assertThat(config.getInt("session.timeout.ms")).isEqualTo(45_000);
    assertThat(config.getInt("heartbeat.interval.ms")).isEqualTo(3_000);
    assertThat(config.getInt("max.poll.interval.ms")).isEqualTo(80_000);
  }

  @Test
  void a_group_of_the_new_protocol_is_balanced_by_the_broker() {
    ConsumerConfig config = consumer("consumer", "orders.billing", false);

    assertThat(config.getString("group.protocol")).isEqualToIgnoringCase("consumer");
    assertThat(config.getString("group.remote.assignor")).isEqualTo("range");
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void a_dead_reader_of_dead_letters_is_not_waited_for(String protocol) {
    ConsumerConfig config = consumer(protocol, "orders.billing.dlq", true);

    assertThat(config.getString("group.protocol")).isEqualToIgnoringCase("classic");
    assertThat(config.getInt("session.timeout.ms")).isEqualTo(6_000);
    assertThat(config.getInt("heartbeat.interval.ms")).isEqualTo(2_000);
  }

  private static ProducerConfig producer(
      Map<String, Object> own, Duration deadline, @Nullable String transactionalId) {
    Map<String, Object> config =
        new HashMap<>(clients("classic", own).producerConfig(deadline, transactionalId));
    config.put("key.serializer", ByteArraySerializer.class);
    config.put("value.serializer", ByteArraySerializer.class);
    return new ProducerConfig(config);
  }

  private static ConsumerConfig consumer(String protocol, @Nullable String group, boolean letters) {
    Map<String, Object> config =
        new HashMap<>(clients(protocol, Map.of()).consumerConfig("poll", group, letters));
    config.put("key.deserializer", ByteArrayDeserializer.class);
    config.put("value.deserializer", ByteArrayDeserializer.class);
    return new ConsumerConfig(config);
  }

  private static KafkaClients clients(String protocol, Map<String, Object> own) {
    return new KafkaClients(settings(protocol, own), "test", new KafkaCredentials(null));
  }

  /** Those of somebody who has set nothing else. */
  static KafkaSettings settings(String protocol, Map<String, Object> own) {
    return new KafkaSettings(
        List.of("localhost:9092"),
        protocol,
        Optional.empty(),
        -1,
        Duration.ofSeconds(8),
        Duration.ofSeconds(15),
        Duration.ofSeconds(45),
        Duration.ofSeconds(20),
        Duration.ofSeconds(10),
        Duration.ofSeconds(1),
        Duration.ofMinutes(1),
        3584,
        EnumSet.allOf(KafkaNames.Tier.class),
        false,
        own,
        null);
  }
}
