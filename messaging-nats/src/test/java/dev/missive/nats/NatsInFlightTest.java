package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.PublishException;
import dev.missive.nats.NatsInFlight.Kind;
import dev.missive.nats.NatsInFlight.Send;
import dev.missive.spi.Sender;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class NatsInFlightTest {
  private static final Sender.Result NOBODY =
      new Sender.Result() {
        @Override
        public void stored(int partition, long offset) {}

        @Override
        public void failed(PublishException failure) {}
      };

  private static Send send(String subject, long at) {
    return new Send(subject, Kind.TOPIC, at, NOBODY);
  }

  @Test
  void it_holds_what_a_map_would_hold_in_any_order_of_answers() {
    Random random = new Random(7);
    NatsInFlight ring = new NatsInFlight();
    TreeMap<Long, Send> map = new TreeMap<>();
    for (int i = 0; i < 200_000; i++) {
      if (map.isEmpty() || random.nextInt(100) < (i % 50_000 < 5_000 ? 90 : 48)) {
        Send added = send("s" + i % 3, i);
        assertThat(map.put(ring.add(added), added)).isNull();
      } else {
        long first = map.firstKey();
        long number = first + random.nextInt((int) (map.lastKey() - first) + 1);
        assertThat(ring.remove(number)).isSameAs(map.remove(number));
      }
    }
    assertThat(ring.remove(-1)).isNull();
    assertThat(ring.remove(Long.MAX_VALUE)).isNull();

    assertThat(ring.removeAll()).containsExactlyElementsOf(map.values());
    assertThat(ring.removeAll()).isEmpty();
  }

  @Test
  void what_is_too_old_or_goes_to_a_subject_is_taken_out_in_order() {
    NatsInFlight ring = new NatsInFlight();
    List<Send> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(send(i % 2 == 0 ? "even" : "odd", i));
      ring.add(all.get(i));
    }

    assertThat(ring.removeTo("odd"))
        .containsExactly(all.get(1), all.get(3), all.get(5), all.get(7), all.get(9));
    assertThat(ring.removeSentBefore(5)).containsExactly(all.get(0), all.get(2), all.get(4));
    assertThat(ring.removeAll()).containsExactly(all.get(6), all.get(8));
  }
}
