package dev.missive.core.consume;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.Position;
import dev.missive.core.publish.WireMessage;
import dev.missive.spi.Delivery;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A delivery of an epoch of its own, which says what became of it. */
final class Taken implements Delivery {
  final AtomicInteger notes = new AtomicInteger();
  volatile boolean released;
  volatile boolean acked;
  private final Message message;

  Taken(String id, int earlierRuns) {
    Message plain = Message.builder("t").id(id).key(id).text("v").build();
    message =
        earlierRuns == 0
            ? plain
            : WireMessage.copy(plain, Map.of(Header.ATTEMPT, "" + (1 + earlierRuns)));
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public @Nullable Position position() {
    return null;
  }

  @Override
  public Object epoch() {
    return this;
  }

  @Override
  public Settled ack() {
    acked = true;
    return Settled.DONE;
  }

  @Override
  public Settled release() {
    released = true;
    return Settled.DONE;
  }

  @Override
  public void failedRuns(int count) {
    notes.set(count);
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return Optional.empty();
  }
}
