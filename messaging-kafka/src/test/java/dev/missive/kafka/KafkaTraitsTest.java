package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is promised on clusters whose features were not all finalized. */
final class KafkaTraitsTest {
  @ParameterizedTest
  @CsvSource({"-1, NONE", "0, NONE", "1, NONE", "2, NATIVE", "3, NATIVE"})
  void an_atomic_batch_needs_transactions_that_a_lost_coordinator_cannot_confuse(
      int level, Capability.Support support) {
    assertThat(
            KafkaTraits.of(
                    features("transaction.version", level),
                    KafkaClientsTest.settings("classic", Map.of()),
                    1)
                .support(Capability.ATOMIC_BATCH))
        .isEqualTo(support);
    assertThat(KafkaTraits.why(Capability.ATOMIC_BATCH).orElseThrow())
        .contains("transaction.version 2");
  }

  @Test
  void the_newer_group_protocol_needs_a_cluster_that_has_it() {
    KafkaTraits.check(
        features("group.version", 1), KafkaClientsTest.settings("consumer", Map.of()));
    KafkaTraits.check(Map.of(), KafkaClientsTest.settings("classic", Map.of()));

    assertThatThrownBy(
            () -> KafkaTraits.check(Map.of(), KafkaClientsTest.settings("consumer", Map.of())))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("group.version is 0, 1 is needed");
  }

  /** Of a level below zero there is nothing, as on a cluster that has never heard of it. */
  private static Map<String, FinalizedVersionRange> features(String name, int level) {
    Map<String, FinalizedVersionRange> features = new HashMap<>();
    if (level >= 0) {
      features.put(name, new FinalizedVersionRange((short) 0, (short) level));
    }
    return features;
  }
}
