package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No broker is needed to refuse what would break a promise. */
final class KafkaSettingsTest {
  @Test
  void what_would_break_a_promise_is_refused_with_the_promise_and_all_at_once() {
    assertThatThrownBy(
            () ->
                open(
                    Map.of(
                        "kafka.client.enable.auto.commit", "true",
                        "kafka.client.acks", "1",
                        "kafka.client.isolation.level", "read_uncommitted",
                        "kafka.client.partition.assignment.strategy", "x.Range",
                        "kafka.client.group.id", "mine",
                        "kafka.group-protocol", "share")))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("6 problems")
        .hasMessageContaining("kafka.client.enable.auto.commit must be false")
        .hasMessageContaining("kafka.client.acks must be -1 or all")
        .hasMessageContaining("(S5)")
        .hasMessageContaining("(S9)")
        .hasMessageContaining("(S10)")
        .hasMessageContaining("(S12)")
        .hasMessageContaining("kafka.client.partition.assignment.strategy must not be set")
        .hasMessageContaining("kafka.client.group.id must not be set");
  }

  /** One that were missing would be taken in silence: nothing else sets or checks these. */
  @ParameterizedTest
  @CsvSource({
    "enable.auto.commit, true",
    "auto.commit.interval.ms, 5000",
    "acks, 1",
    "enable.idempotence, false",
    "max.in.flight.requests.per.connection, 6",
    "retries, 3",
    "delivery.timeout.ms, 1000",
    "isolation.level, read_uncommitted",
    "auto.offset.reset, latest",
    "allow.auto.create.topics, true",
    "partition.assignment.strategy, org.apache.kafka.clients.consumer.RangeAssignor",
    "group.remote.assignor, uniform",
    "partitioner.class, org.apache.kafka.clients.producer.RoundRobinPartitioner",
    "partitioner.ignore.keys, true",
    "key.serializer, org.apache.kafka.common.serialization.StringSerializer",
    "value.serializer, org.apache.kafka.common.serialization.StringSerializer",
    "key.deserializer, org.apache.kafka.common.serialization.StringDeserializer",
    "value.deserializer, org.apache.kafka.common.serialization.StringDeserializer",
    "ssl.endpoint.identification.algorithm, none",
    "group.id, mine",
    "group.instance.id, mine",
    "transactional.id, mine",
    "client.id, mine",
    "bootstrap.servers, elsewhere:9092",
    "group.protocol, consumer",
    "request.timeout.ms, 1",
    "session.timeout.ms, 1"
  })
  void each_of_them_alone_is_refused(String property, String value) {
    assertThatThrownBy(() -> open(Map.of("kafka.client." + property, value)))
        .hasMessageContaining("MSG-CONFIG-INVALID")
        .hasMessageContaining("kafka.client." + property + " must ");
  }

  @Test
  void values_that_keep_the_promise_and_other_properties_are_taken() {
    open(Map.of(
            "kafka.client.acks", "all",
            "kafka.client.enable.idempotence", "true",
            "kafka.client.linger.ms", "5",
            "kafka.client.max.poll.records", "100"))
        .close();
  }

  @Test
  void rebalances_wait_longer_than_for_handlers() {
    assertThatThrownBy(
            () ->
                open(
                    Map.of(
                        "kafka.client.max.poll.interval.ms", "5000",
                        "kafka.revoke-timeout", "5s")))
        .hasMessageContaining("kafka.client.max.poll.interval.ms must be more than")
        .hasMessageContaining("(S12)");
    open(Map.of("kafka.client.max.poll.interval.ms", "5001", "kafka.revoke-timeout", "5s")).close();
    assertThat(KafkaClients.pollInterval(Duration.ofSeconds(20))).isEqualTo(Duration.ofSeconds(80));
    assertThat(KafkaClients.pollInterval(Duration.ofMinutes(9))).isEqualTo(Duration.ofMinutes(10));
  }

  @Test
  void an_unknown_property_is_refused_with_the_one_that_was_meant() {
    assertThatThrownBy(() -> open(Map.of("kafka.client.linger.msx", "5")))
        .hasMessageContaining("kafka.client.linger.ms");
  }

  @Test
  void passwords_of_the_client_are_masked() {
    try (Messaging messaging =
        open(Map.of("kafka.client.sasl.jaas.config", "login required password=\"hunter22\";"))) {
      assertThat(messaging.configuration().toString()).doesNotContain("hunter22");
    }
  }

  private static Messaging open(Map<String, String> settings) {
    return Messaging.builder().setting("broker", "kafka").settings(settings).open();
  }
}
