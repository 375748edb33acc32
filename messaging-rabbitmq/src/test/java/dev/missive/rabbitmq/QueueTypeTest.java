package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import org.junit.jupiter.api.Test;

/**
 * The arguments of queues, in literals: a queue that was declared with others is a mismatch for
 * ever, so that they may not change from one release to the next.
 */
final class QueueTypeTest {
  @Test
  void a_quorum_queue_never_loses_what_it_gives_up() {
    assertThat(QueueType.QUORUM.group("t.g.dlq", false))
        .containsOnly(
            entry("x-queue-type", "quorum"),
            entry("x-delivery-limit", 50),
            entry("x-dead-letter-exchange", ""),
            entry("x-dead-letter-routing-key", "t.g.dlq"),
            entry("x-dead-letter-strategy", "at-least-once"),
            entry("x-overflow", "reject-publish"));
  }

  @Test
  void a_classic_queue_has_nothing_but_its_type() {
    assertThat(QueueType.CLASSIC.group("t.g.dlq", false))
        .containsOnly(entry("x-queue-type", "classic"));
  }

  @Test
  void a_priority_queue_has_ten_priorities() {
    assertThat(QueueType.PRIORITY.group("t.g.dlq", false))
        .containsOnly(entry("x-queue-type", "classic"), entry("x-max-priority", 9));
  }

  @Test
  void order_per_key_is_a_single_active_consumer_and_nothing_else() {
    for (QueueType type : QueueType.values()) {
      var ordered = type.group("t.g.dlq", true);

      assertThat(ordered.remove("x-single-active-consumer")).as("%s", type).isEqualTo(true);
      assertThat(ordered).as("%s", type).isEqualTo(type.group("t.g.dlq", false));
    }
  }

  /** 3.10 takes -1 for "drop at once", 4.x drops a letter at its 21st peek without a limit. */
  @Test
  void letters_may_be_looked_at_as_often_as_one_likes() {
    assertThat(QueueType.QUORUM.deadLetters())
        .containsOnly(entry("x-queue-type", "quorum"), entry("x-delivery-limit", 2_147_483_647));
    assertThat(QueueType.CLASSIC.deadLetters()).containsOnly(entry("x-queue-type", "classic"));
    assertThat(QueueType.PRIORITY.deadLetters()).containsOnly(entry("x-queue-type", "classic"));
  }
}
