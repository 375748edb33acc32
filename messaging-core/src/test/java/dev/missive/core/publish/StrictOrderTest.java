package dev.missive.core.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Message;
import dev.missive.PublishException;
import dev.missive.spi.Destination;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is sent when the message before it ends. */
final class StrictOrderTest {
  private final StrictOrder order = StrictOrder.perKey();
  private final List<Outgoing> sent = new ArrayList<>();

  @Test
  void adapter_that_throws_does_not_stop_other_keys() {
    Outgoing first = message("a");
    Outgoing other = message("b");
    Outgoing behindOther = message("b");
    order.send(first, sent::add);
    order.send(message("a"), sent::add);
    order.send(other, sent::add);
    order.send(behindOther, sent::add);
    assertThat(sent).containsExactly(first, other);

    assertThatThrownBy(
            () ->
                order.ended(
                    first,
                    next -> {
                      throw new IllegalStateException("adapter");
                    }))
        .hasMessage("adapter");
    order.ended(other, sent::add);

    assertThat(sent).containsExactly(first, other, behindOther);
  }

  private static Outgoing message(String key) {
    Message message = Message.builder("t").key(key).text("v").build();
    return new Outgoing(new Destination.Topic("t"), message, null, Set.of(), Long.MAX_VALUE) {
      @Override
      protected void done(int partition, long offset) {}

      @Override
      protected void gone(PublishException why) {}
    };
  }
}
