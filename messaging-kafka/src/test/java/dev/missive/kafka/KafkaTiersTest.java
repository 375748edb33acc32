package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Header;
import dev.missive.kafka.KafkaNames.Tier;
import dev.missive.spi.Destination;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which retry topic a message goes to, and when it leaves it (semantics, "Retry"). */
final class KafkaTiersTest {
  private static final Set<Tier> ALL = EnumSet.allOf(Tier.class);
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @ParameterizedTest
  @CsvSource({
    "-5, 15s",
    "0, 15s",
    "119, 15s",
    "120, 2m",
    "899, 2m",
    "900, 15m",
    "7199, 15m",
    "7200, 2h",
    "864000, 2h"
  })
  void a_message_goes_to_the_longest_that_is_not_longer_than_its_wait(long seconds, String tier) {
    assertThat(topic(NOW.plusSeconds(seconds), ALL)).isEqualTo("orders.g.retry." + tier);
  }

  @Test
  void what_is_due_at_once_goes_to_the_shortest() {
    assertThat(topic(null, ALL)).isEqualTo("orders.g.retry.15s");
  }

  @Test
  void only_those_that_the_group_has_are_chosen_and_it_always_has_the_shortest() {
    Set<Tier> some = Tier.named(List.of("15m"));

    assertThat(topic(NOW.plusSeconds(7200), some)).isEqualTo("orders.g.retry.15m");
    assertThat(topic(NOW.plusSeconds(120), some)).isEqualTo("orders.g.retry.15s");
  }

  @Test
  void a_long_wait_goes_through_ever_shorter_ones() {
    List<String> hops = new ArrayList<>();
    Duration rest = Duration.ofMinutes(140);
    while (!rest.isZero()) {
      Tier tier = Tier.forWait(rest, ALL);
      hops.add(tier.suffix);
      rest = rest.minus(tier.delay);
    }
    assertThat(hops).containsExactly("2h", "15m", "2m", "2m", "15s", "15s", "15s", "15s");
  }

  @Test
  void it_leaves_when_it_is_due() {
    assertThat(wait("orders.g.retry.2m", NOW.plus(MINUTE))).isEqualTo(MINUTE);
    assertThat(wait("orders.g.retry.2m", NOW)).isZero();
    assertThat(wait("orders.g.retry.2m", NOW.minus(MINUTE))).isZero();
  }

  @Test
  void it_leaves_when_the_delay_of_the_topic_has_passed() {
    Instant late = NOW.plus(Duration.ofHours(1));

    assertThat(wait("orders.g.retry.2m", late)).isEqualTo(Duration.ofMinutes(2));
    assertThat(wait("orders.g.retry.15s", late)).isEqualTo(Duration.ofSeconds(15));
    assertThat(wait("orders.g.retry.2m", late, NOW.plus(MINUTE))).isEqualTo(MINUTE);
    assertThat(wait("orders.g.retry.2m", late, NOW.plus(MINUTE).plus(MINUTE))).isZero();
  }

  @Test
  void what_nobody_delayed_leaves_at_once() {
    assertThat(wait("orders.g.retry.2m", null)).isZero();
  }

  /** There the others must not wait for it. */
  @Test
  void nothing_waits_in_the_topic_itself() {
    assertThat(wait("orders", NOW.plus(MINUTE))).isZero();
  }

  /** Topics may be called so. */
  @Test
  void nothing_waits_in_a_topic_of_an_application_that_is_called_like_a_tier() {
    String topic = "orders.retry.2h";
    KafkaSubscription own = Unheard.subscription(Subscription.Kind.GROUP, topic);

    assertThat(wait(own, topic, NOW.plus(MINUTE), NOW)).isZero();
    assertThat(wait(own, topic + ".g.retry.2h", NOW.plus(MINUTE), NOW)).isEqualTo(MINUTE);
  }

  private static String topic(@Nullable Instant due, Set<Tier> tiers) {
    return KafkaNames.topic(new Destination.Group("orders", "g"), due, NOW, tiers);
  }

  private static Duration wait(String topic, @Nullable Instant due) {
    return wait(topic, due, NOW);
  }

  /** How long one waits that was written now. */
  private static Duration wait(String topic, @Nullable Instant due, Instant asked) {
    return wait(Unheard.subscription(), topic, due, asked);
  }

  private static Duration wait(
      KafkaSubscription subscription, String topic, @Nullable Instant due, Instant asked) {
    Assignment assignment =
        new Assignment(new TopicPartition(topic, 0), 0, null, 3584, subscription);
    RecordHeaders headers = new RecordHeaders();
    if (due != null) {
      headers.add(Header.NOT_BEFORE, Long.toString(due.toEpochMilli()).getBytes(UTF_8));
    }
    assignment.buffer(
        List.of(
            new ConsumerRecord<>(
                topic,
                0,
                0,
                NOW.toEpochMilli(),
                TimestampType.CREATE_TIME,
                0,
                0,
                new byte[0],
                new byte[0],
                headers,
                Optional.empty())));
    Duration left = assignment.wait(asked);
    assertThat(Unheard.next(assignment, subscription, asked) == null)
        .as("it stays")
        .isEqualTo(!left.isZero());
    return left;
  }
}
