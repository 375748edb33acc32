package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The delay queues, in literals: one that was declared with other arguments is a mismatch for ever,
 * so that they may not change from one release to the next.
 */
final class DelayCascadeTest {
  private final Map<String, Declaration> parts =
      DelayCascade.PARTS.stream().collect(Collectors.toMap(Declaration::object, part -> part));

  @Test
  void there_are_28_levels_and_an_end() {
    assertThat(parts).hasSize(2 * 28 + 3);
    assertThat(parts.get("exchange missive.unrouted").type()).isEqualTo("fanout");
    assertThat(parts.get("queue missive.unrouted").arguments())
        .containsOnly(entry("x-queue-type", "quorum"), entry("x-delivery-limit", 2_147_483_647));
    assertThat(parts.get("exchange missive.delay.due").type()).isEqualTo("topic");
    assertThat(parts.get("exchange missive.delay.due").arguments())
        .containsOnly(entry("alternate-exchange", "missive.unrouted"));
  }

  @Test
  void each_level_waits_for_twice_as_long_and_passes_on_to_the_one_below() {
    long wait = 1000;
    String below = "missive.delay.due";
    for (int level = 0; level < 28; level++) {
      String name = "missive.delay.%02d".formatted(level);
      assertThat(parts.get("exchange " + name).type()).isEqualTo("topic");
      assertThat(parts.get("queue " + name).arguments())
          .containsOnly(
              entry("x-queue-type", "quorum"),
              entry("x-message-ttl", wait),
              entry("x-dead-letter-exchange", below),
              entry("x-dead-letter-strategy", "at-least-once"),
              entry("x-overflow", "reject-publish"));
      wait *= 2;
      below = name;
    }
  }

  @Test
  void a_routing_key_is_the_delay_in_bits_and_the_address() {
    assertThat(DelayCascade.exchange(1)).isEqualTo("missive.delay.00");
    assertThat(DelayCascade.exchange(5)).isEqualTo("missive.delay.02");
    assertThat(DelayCascade.exchange((1L << 28) - 1)).isEqualTo("missive.delay.27");
    assertThat(DelayCascade.key(5, "q.orders.billing"))
        .isEqualTo("0.".repeat(25) + "1.0.1.q.orders.billing");
    assertThat(DelayCascade.topicAddress("my.topics", "orders.#"))
        .isEqualTo("t.my%2Etopics.orders.#");
  }
}
