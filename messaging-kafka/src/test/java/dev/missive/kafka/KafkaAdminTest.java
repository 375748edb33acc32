package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** What brokers of a cluster say of a topic of which not all of them know yet. */
final class KafkaAdminTest {
  private static final List<String> NAMES = List.of("a", "b");

  @Test
  void one_broker_that_does_not_know_a_topic_is_not_believed() throws Exception {
    Queue<Map<String, Integer>> answers =
        new ArrayDeque<>(List.of(Map.of("a", 1), Map.of(), Map.of("a", 1, "b", 2), Map.of("a", 1)));

    assertThat(KafkaAdmin.expected(NAMES, 10, () -> Objects.requireNonNull(answers.poll())))
        .isEqualTo(Map.of("a", 1, "b", 2));
    assertThat(answers).hasSize(1);
  }

  @Test
  void a_topic_that_stays_away_is_missing() throws Exception {
    assertThat(KafkaAdmin.expected(NAMES, 2, () -> Map.of("a", 1))).isEqualTo(Map.of("a", 1));
  }
}
