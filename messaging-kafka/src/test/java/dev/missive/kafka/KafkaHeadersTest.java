package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Header;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

final class KafkaHeadersTest {
  private final RecordHeaders record = new RecordHeaders();

  @Test
  void what_is_no_field_is_a_map_in_the_order_of_the_record() {
    add(Header.ID, "1");
    add("b", "2");
    add(KafkaHeaders.CONTENT_TYPE, "text/plain");
    add("a", "");

    assertThat(read(0)).containsExactly(Map.entry("b", "2"), Map.entry("a", "")).hasSize(2);
    assertThat(read(0).get(Header.ID)).isNull();
    assertThat(read(0)).doesNotContainKey(KafkaHeaders.CONTENT_TYPE).containsKey("a");
    assertThat(read(0).text(Header.ID)).isEqualTo("1");
  }

  @Test
  void fields_alone_are_no_headers() {
    add(Header.ID, "1");
    add(Header.PRIORITY, "7");

    assertThat(read(0)).isEmpty();
    assertThat(read(0).keySet()).isEmpty();
    assertThat(read(0).number(Header.PRIORITY)).isEqualTo(7);
  }

  @Test
  void of_a_repeated_one_the_last_with_a_value_counts() {
    add("a", "1");
    add("b", "2");
    add("a", "3");
    record.add("a", null);
    record.add("c", null);

    assertThat(read(0).get("a")).isEqualTo("3");
    assertThat(read(0)).containsExactly(Map.entry("a", "3"), Map.entry("b", "2"));
    assertThat(read(0).get("c")).isNull();
  }

  @Test
  void a_record_whose_headers_have_no_values_has_none() {
    record.add("a", null);

    assertThat(read(0).isEmpty()).isTrue();
    assertThat(read(0).entrySet()).isEmpty();
  }

  @Test
  void runs_of_an_earlier_life_are_added_to_the_attempt() {
    add(Header.ATTEMPT, "2");

    assertThat(read(3).get(Header.ATTEMPT)).isEqualTo("5");
    assertThat(read(3)).containsExactly(Map.entry(Header.ATTEMPT, "5"));
    assertThat(read(0)).containsExactly(Map.entry(Header.ATTEMPT, "2"));
  }

  @Test
  void an_attempt_that_is_missing_or_no_number_is_the_first() {
    assertThat(read(1).isEmpty()).isFalse();
    assertThat(read(1).get(Header.ATTEMPT)).isEqualTo("2");

    add(Header.ATTEMPT, "many");

    assertThat(read(1)).containsExactly(Map.entry(Header.ATTEMPT, "2"));
  }

  @Test
  void what_is_no_number_is_no_time_and_no_priority() {
    add(Header.TIMESTAMP, "now");
    add(Header.PRIORITY, "high");

    assertThat(read(0).instant(Header.TIMESTAMP)).isNull();
    assertThat(read(0).number(Header.PRIORITY)).isNull();

    add(Header.TIMESTAMP, "5");

    assertThat(read(0).instant(Header.TIMESTAMP)).isEqualTo(Instant.ofEpochMilli(5));
  }

  private void add(String name, String value) {
    record.add(name, value.getBytes(UTF_8));
  }

  private KafkaHeaders read(int earlierRuns) {
    return new KafkaHeaders(record, earlierRuns);
  }
}
