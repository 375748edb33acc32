package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What the client's position may and may not say. */
final class AssignmentTest {
  private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

  @Test
  void records_that_were_fetched_and_thrown_away_are_not_settled_by_the_clients_position() {
    Assignment assignment = new Assignment(PARTITION, 5, null, 3584, false);
    assignment.buffer(List.of(record(5), record(6)));
    assignment.drop();
    assignment.skipTo(7);
    assertThat(assignment.end().base()).isEqualTo(5);
  }

  @Test
  void markers_behind_the_last_record_are_passed() {
    Assignment assignment = new Assignment(PARTITION, 5, null, 3584, false);
    assignment.skipTo(7);
    assertThat(assignment.end().base()).isEqualTo(7);
  }

  @Test
  void nothing_is_skipped_while_records_wait_to_be_delivered() {
    Assignment assignment = new Assignment(PARTITION, 5, null, 3584, false);
    assignment.buffer(List.of(record(5)));
    assignment.skipTo(6);
    assertThat(assignment.end().base()).isEqualTo(5);
  }

  @Test
  void what_an_earlier_life_settled_has_not_been_fetched_yet() {
    Assignment assignment = new Assignment(PARTITION, 5, settled(5, 1000), 3584, false);
    assertThat(assignment.nextFetched()).isEqualTo(5);
    assignment.buffer(List.of(record(5), record(6)));
    assertThat(assignment.nextFetched()).isEqualTo(7);
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
