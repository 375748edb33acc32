package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How far it reads ahead, and what the client's position may and may not say. */
final class AssignmentTest {
  private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

  @Test
  void records_that_were_fetched_and_thrown_away_are_not_settled_by_the_clients_position() {
    Assignment assignment = new Assignment(PARTITION, 5, null, 3584, Unheard.subscription());
    assignment.buffer(List.of(record(5), record(6)));
    assignment.drop();
    assignment.skipTo(7);
    assertThat(assignment.end().base()).isEqualTo(5);
  }

  @Test
  void markers_behind_the_last_record_are_passed() {
    Assignment assignment = new Assignment(PARTITION, 5, null, 3584, Unheard.subscription());
    assignment.skipTo(7);
    assertThat(assignment.end().base()).isEqualTo(7);
  }

  @Test
  void nothing_is_skipped_while_records_wait_to_be_delivered() {
    Assignment assignment = new Assignment(PARTITION, 5, null, 3584, Unheard.subscription());
    assignment.buffer(List.of(record(5)));
    assignment.skipTo(6);
    assertThat(assignment.end().base()).isEqualTo(5);
  }

  @Test
  void what_an_earlier_life_settled_has_not_been_fetched_yet() {
    Assignment assignment =
        new Assignment(PARTITION, 5, settled(5, 1000), 3584, Unheard.subscription());
    assertThat(assignment.nextFetched()).isEqualTo(5);
    assignment.buffer(List.of(record(5), record(6)));
    assertThat(assignment.nextFetched()).isEqualTo(7);
  }

  @Test
  void reading_ends_ten_thousand_offsets_ahead_of_the_oldest_open_one() {
    int most = Assignment.LONGEST_SPAN;
    assertThat(most).isEqualTo(10_000);
    Assignment assignment = new Assignment(PARTITION, 0, null, 3584, Unheard.subscription());
    assignment.buffer(LongStream.rangeClosed(0, most + 1).mapToObj(o -> record(o)).toList());
    List<KafkaDelivery> open = new ArrayList<>();
    for (KafkaDelivery next = next(assignment); next != null; next = next(assignment)) {
      open.add(next);
    }
    assertThat(open).hasSize(most);
    assertThat(assignment.full()).isTrue();
    assertThat(assignment.deliverable(Instant.EPOCH)).isFalse();

    open.get(1).ack();
    assertThat(next(assignment)).as("while the oldest is open").isNull();
    open.get(0).ack();

    assertThat(assignment.full()).isFalse();
    assertThat(offset(next(assignment))).isEqualTo(most);
    assertThat(offset(next(assignment))).isEqualTo(most + 1);
    assertThat(next(assignment)).as("two were settled").isNull();
  }

  @Test
  void any_number_of_dead_letters_may_lie_open() {
    Assignment assignment = new Assignment(PARTITION, 0, null, 3584, Unheard.letters());
    int letters = 2 * Assignment.LONGEST_SPAN;
    assignment.buffer(LongStream.range(0, letters).mapToObj(o -> record(o)).toList());
    for (int i = 0; i < letters; i++) {
      assertThat(offset(next(assignment))).isEqualTo(i);
    }
    assertThat(assignment.full()).isFalse();
  }

  private static @Nullable KafkaDelivery next(Assignment assignment) {
    return Unheard.next(assignment, Unheard.subscription(), Instant.EPOCH);
  }

  private static long offset(@Nullable KafkaDelivery delivery) {
    return Objects.requireNonNull(delivery).position().offset();
  }

  /** The metadata of a commit at 5. */
  private static String settled(long from, long to) {
    OffsetBits bits = new OffsetBits(5);
    bits.addRange(from, to);
    return OffsetMetadata.encode(bits, new TreeMap<>(), 3584).text();
  }

  private static ConsumerRecord<byte[], byte[]> record(long offset) {
    return new ConsumerRecord<>("orders", 0, offset, new byte[0], new byte[0]);
  }
}
