package dev.missive.examples.customadapter;

import dev.missive.Message;
import dev.missive.Position;
import dev.missive.spi.Delivery;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** One message in the hands of this client. Thread-safe. */
final class JournalDelivery implements Delivery {
  final long at;
  private final JournalSubscription subscription;
  private final JournalEpoch epoch;
  private final Message message;
  private final AtomicBoolean settled = new AtomicBoolean();

  JournalDelivery(JournalSubscription subscription, JournalEpoch epoch, long at, Message message) {
    this.subscription = subscription;
    this.epoch = epoch;
    this.at = at;
    this.message = message;
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public Position position() {
    return new Position(0, at);
  }

  @Override
  public JournalEpoch epoch() {
    return epoch;
  }

  @Override
  public Settled ack() {
    return settle(true);
  }

  @Override
  public Settled release() {
    return settle(false);
  }

  private Settled settle(boolean done) {
    if (!epoch.alive() || subscription.closed()) {
      return Settled.STALE;
    }
    if (!settled.compareAndSet(false, true)) {
      return Settled.ALREADY;
    }
    subscription.settle(this, done);
    return Settled.DONE;
  }

  /** The attempt is in the headers of the copies; a note beside it would be a record each. */
  @Override
  public void failedRuns(int count) {}

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return Optional.empty();
  }
}
