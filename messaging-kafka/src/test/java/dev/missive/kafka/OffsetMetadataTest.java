package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class OffsetMetadataTest {
  private static final int LIMIT = 3584;

  @Test
  void any_pattern_over_ten_thousand_offsets_fits() {
    Random random = new Random(1);
    for (int of = 2; of < 50; of++) {
      OffsetBits bits = new OffsetBits(1_000_003);
      for (long at = 1_000_004; at < 1_010_003; at++) {
        if (random.nextInt(of) == 0) {
          bits.add(at);
        }
      }
      OffsetMetadata.Encoded encoded = OffsetMetadata.encode(bits, new TreeMap<>(), LIMIT);
      assertThat(encoded.complete()).isTrue();
      assertThat(encoded.text().length()).isLessThanOrEqualTo(LIMIT);
      OffsetBits read = new OffsetBits(1_000_003);
      OffsetMetadata.decode(encoded.text(), read);
      for (long at = 1_000_003; at < 1_010_003; at++) {
        assertThat(read.contains(at)).isEqualTo(bits.contains(at));
      }
    }
  }

  @Test
  void a_single_hole_after_a_million_is_short() {
    OffsetBits bits = new OffsetBits(0);
    bits.addRange(1, 1_000_000);
    assertThat(OffsetMetadata.encode(bits, new TreeMap<>(), LIMIT).text()).hasSizeLessThan(12);
  }

  @Test
  void notes_are_left_out_when_there_is_no_room() {
    OffsetBits bits = new OffsetBits(0);
    bits.add(3);
    TreeMap<Long, Integer> notes = new TreeMap<>();
    for (long at = 10; at < 2000; at++) {
      notes.put(at, 2);
    }
    String text = OffsetMetadata.encode(bits, notes, LIMIT).text();
    assertThat(text).doesNotContain(",");
    assertThat(OffsetMetadata.encode(bits, notes, 9000).text()).contains(",");
    OffsetBits read = new OffsetBits(0);
    assertThat(OffsetMetadata.decode(OffsetMetadata.encode(bits, notes, 9000).text(), read))
        .isEqualTo(notes);
  }

  @Test
  void the_text_of_other_programs_is_ignored() {
    for (String text :
        new String[] {"hello", "m1", "m1r", "m1r!!", "m1b%", ",", "m1rAQ", "m2rAAEB"}) {
      OffsetBits bits = new OffsetBits(7);
      assertThat(OffsetMetadata.decode(text, bits)).isEmpty();
      assertThat(bits.nextPresent(7)).isEqualTo(bits.end());
    }
  }

  @Test
  void bits_far_apart_survive_growth_and_rise() {
    OffsetBits bits = new OffsetBits(100);
    bits.add(101);
    bits.add(5000);
    bits.addRange(70_000, 70_500);
    assertThat(bits.nextAbsent(101)).isEqualTo(102);
    bits.raise(4000);
    assertThat(bits.nextPresent(4000)).isEqualTo(5000);
    assertThat(bits.nextPresent(5001)).isEqualTo(70_000);
    assertThat(bits.nextAbsent(70_000)).isEqualTo(70_500);
    bits.raise(70_100);
    assertThat(bits.contains(70_099)).isFalse();
    assertThat(bits.contains(70_499)).isTrue();
    bits.raise(1_000_000);
    assertThat(bits.nextPresent(0)).isEqualTo(bits.end());
    bits.add(1_000_001);
    assertThat(bits.nextAbsent(1_000_000)).isEqualTo(1_000_000);
  }
}
