package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.PublishException;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender.Result;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RabbitInFlightTest {
  private final RabbitInFlight ring = new RabbitInFlight();

  @Test
  void many_are_taken_in_order_and_only_once() {
    for (int number = 1; number <= 10; number++) {
      ring.put(number, send(number));
    }
    assertThat(begun(ring.take(4))).isEqualTo(4);
    assertThat(ring.take(4)).isNull();

    List<Send> taken = new ArrayList<>();
    ring.takeUpTo(6, taken);
    assertThat(taken).extracting(send -> send.begun).containsExactly(1L, 2L, 3L, 5L, 6L);
    assertThat(ring.take(3)).isNull();
    assertThat(ring.take(11)).isNull();

    taken.clear();
    ring.takeAll(taken);
    assertThat(taken).extracting(send -> send.begun).containsExactly(7L, 8L, 9L, 10L);
    assertThat(ring.isEmpty()).isTrue();
  }

  @Test
  void it_grows_while_the_oldest_has_no_answer() {
    for (int number = 1; number <= 5000; number++) {
      ring.put(number, send(number));
      if (number > 1) {
        assertThat(begun(ring.take(number))).isEqualTo(number);
      }
    }
    assertThat(ring.isEmpty()).isFalse();
    assertThat(begun(ring.take(1))).isEqualTo(1);
    assertThat(ring.isEmpty()).isTrue();

    ring.put(5001, send(5001));
    assertThat(begun(ring.take(5001))).isEqualTo(5001);
  }

  @Test
  void only_what_is_too_old_is_given_up() {
    ring.put(1, send(100));
    ring.put(2, send(200));

    assertThat(ring.takeOlderThan(100)).isNull();
    assertThat(begun(ring.takeOlderThan(150))).isEqualTo(100);
    assertThat(ring.takeOlderThan(150)).isNull();
    assertThat(begun(ring.takeOlderThan(201))).isEqualTo(200);
    assertThat(ring.takeOlderThan(999)).isNull();
  }

  private static long begun(@org.jspecify.annotations.Nullable Send send) {
    assertThat(send).isNotNull();
    return send.begun;
  }

  private static Send send(long begun) {
    RabbitSender sender =
        new RabbitSender(
            null,
            new Loop(Thread::new),
            new RabbitNames("e"),
            new dev.missive.testkit.VirtualTime(),
            Duration.ofSeconds(1));
    Message message = Message.of("t", new byte[0]);
    return new Send(sender, new Destination.Topic("t"), message, null, new NoResult(), begun);
  }

  private static final class NoResult implements Result {
    @Override
    public void stored(int partition, long offset) {}

    @Override
    public void failed(PublishException failure) {}
  }
}
