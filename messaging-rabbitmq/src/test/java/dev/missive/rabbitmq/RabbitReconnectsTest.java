package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class RabbitReconnectsTest {
  private static final int LOSSES = 500;

  @Test
  void the_waits_double_from_the_first_to_the_longest_with_full_jitter() {
    RabbitReconnects reconnects = new RabbitReconnects(RabbitSettingsTest.read(Map.of()));
    long[] ceilings = {250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000};
    long[][] waits = new long[ceilings.length][LOSSES];

    for (int loss = 0; loss < LOSSES; loss++) {
      reconnects.begin();
      for (int attempt = 0; attempt < ceilings.length; attempt++) {
        reconnects.failed(false);
        waits[attempt][loss] = reconnects.next().toMillis();
      }
    }

    for (int attempt = 0; attempt < ceilings.length; attempt++) {
      long ceiling = ceilings[attempt];
      assertThat(LongStream.of(waits[attempt]).min().orElseThrow())
          .as("shortest wait %s", attempt)
          .isBetween(1L, ceiling / 10);
      assertThat(LongStream.of(waits[attempt]).max().orElseThrow())
          .as("longest wait %s", attempt)
          .isBetween(ceiling * 9 / 10, ceiling);
    }
  }

  @Test
  void an_outage_of_days_ends_with_the_longest_wait() {
    RabbitReconnects reconnects = new RabbitReconnects(RabbitSettingsTest.read(Map.of()));

    for (int attempt = 0; attempt < 100_000; attempt++) {
      reconnects.failed(false);
      assertThat(reconnects.next()).isBetween(Duration.ofMillis(1), Duration.ofSeconds(30));
    }
  }

  @Test
  void three_refusals_in_a_row_are_believed_and_asked_again_in_a_minute() {
    RabbitReconnects reconnects = new RabbitReconnects(RabbitSettingsTest.read(Map.of()));

    assertThat(reconnects.failed(true)).isFalse();
    assertThat(reconnects.failed(true)).isFalse();
    assertThat(reconnects.next()).isLessThan(Duration.ofMinutes(1));
    assertThat(reconnects.failed(true)).isTrue();
    assertThat(reconnects.next()).isEqualTo(Duration.ofMinutes(1));
    assertThat(reconnects.failed(true)).isTrue();
    assertThat(reconnects.refusals()).isEqualTo(4);
    assertThat(reconnects.failed(false)).as("nobody there").isFalse();
    assertThat(reconnects.next()).isLessThan(Duration.ofMinutes(1));
    assertThat(reconnects.failed(true)).as("counted anew").isFalse();
  }

  @Test
  void a_link_that_stood_begins_with_the_shortest_wait_again() {
    RabbitReconnects reconnects = new RabbitReconnects(RabbitSettingsTest.read(Map.of()));
    for (int attempt = 0; attempt < 20; attempt++) {
      reconnects.failed(true);
      reconnects.next();
    }

    reconnects.begin();

    assertThat(reconnects.refusals()).isZero();
    assertThat(reconnects.failed(true)).isFalse();
    assertThat(reconnects.next()).isLessThanOrEqualTo(Duration.ofMillis(250));
  }
}
