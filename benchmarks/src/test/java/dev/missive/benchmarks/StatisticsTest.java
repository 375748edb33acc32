package dev.missive.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void median_is_the_middle_one() {
    assertThat(Statistics.median(new double[] {9, 1, 5})).isEqualTo(5);
  }

  @Test
  void median_of_an_even_number_lies_between_the_middle_two() {
    assertThat(Statistics.median(new double[] {4, 1, 3, 100})).isEqualTo(3.5);
  }

  @Test
  void quartiles_lie_between_their_neighbours() {
    double[] values = {40, 10, 30, 20};

    assertThat(Statistics.percentile(values, 25)).isEqualTo(17.5);
    assertThat(Statistics.percentile(values, 75)).isEqualTo(32.5);
    assertThat(values).as("left as they were").containsExactly(40, 10, 30, 20);
  }

  @Test
  void percentiles_of_a_row_are_its_members() {
    double[] row = IntStream.rangeClosed(0, 100).mapToDouble(i -> i).toArray();

    assertThat(Statistics.percentile(row, 0)).isZero();
    assertThat(Statistics.percentile(row, 99)).isEqualTo(99);
    assertThat(Statistics.percentile(row, 100)).isEqualTo(100);
  }

  @Test
  void one_value_is_every_percentile() {
    assertThat(Statistics.percentile(new double[] {7}, 99)).isEqualTo(7);
  }

  @Test
  void nothing_has_no_percentile() {
    assertThatIllegalArgumentException().isThrownBy(() -> Statistics.median(new double[0]));
  }
}
