package dev.missive.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TallyTest {
  private static final int COUNT = 4;
  private final Side side = new Side(new RawQueue());
  private final Tally tally = side.consume(COUNT, 1);

  @Test
  void all_once_is_no_problem() {
    receive(0, 1, 2, 3);

    assertThat(tally.problem()).isNull();
    assertThat(tally.latencyMicros()).hasSize(COUNT - 1);
    assertThat(tally.sample().values()).containsKeys(Metric.THROUGHPUT, Metric.CPU);
  }

  @Test
  void one_that_is_missing_is_a_problem() {
    receive(0, 2, 3);

    assertThat(tally.problem()).isEqualTo("received 3 of 4");
  }

  @Test
  void one_that_comes_again_is_a_problem() {
    receive(0, 1, 1, 2, 3);

    assertThat(tally.problem()).isEqualTo("1 came again");
  }

  @Test
  void one_of_an_earlier_round_is_a_problem() {
    Tally next = side.consume(1, 0);
    next.received(ByteBuffer.wrap(side.body(3, System.nanoTime())));
    next.received(ByteBuffer.wrap(side.body(4, System.nanoTime())));

    assertThat(next.problem()).isEqualTo("1 came again");
  }

  @Test
  void what_others_left_behind_is_passed_over() {
    receive(0, 1, 2, 3);
    tally.received(ByteBuffer.wrap("left behind".getBytes(StandardCharsets.UTF_8)));
    tally.received(ByteBuffer.wrap(new byte[Side.BODY]));

    assertThat(tally.problem()).isNull();
  }

  private void receive(long... numbers) {
    for (long number : numbers) {
      tally.received(ByteBuffer.wrap(side.body(number, System.nanoTime())));
    }
  }
}
