package dev.missive.testkit.memory;

import dev.missive.Message;
import dev.missive.Position;
import dev.missive.spi.Delivery;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * One message handed to one subscription. Settling is a command to the I/O thread, so that it never
 * waits.
 */
final class MemoryDelivery extends MemoryCommand implements Delivery {
  private static final AtomicIntegerFieldUpdater<MemoryDelivery> STATE =
      AtomicIntegerFieldUpdater.newUpdater(MemoryDelivery.class, "state");
  private static final int OPEN = 0;
  private static final int ACKED = 1;
  private static final int RELEASED = 2;

  final MemorySubscription subscription;
  private final MemoryEpoch epoch;
  private final MemoryGroup group;
  private final MemoryEntry entry;

  /** Neighbours among the unsettled ones of its subscription; guarded by the server's lock. */
  @Nullable MemoryDelivery before;

  @Nullable MemoryDelivery after;
  boolean held;
  private volatile int state = OPEN;

  MemoryDelivery(
      MemorySubscription subscription, MemoryEpoch epoch, MemoryGroup group, MemoryEntry entry) {
    this.subscription = subscription;
    this.epoch = epoch;
    this.group = group;
    this.entry = entry;
  }

  @Override
  public Message message() {
    return entry.message;
  }

  @Override
  public @Nullable Position position() {
    // Copies to one group are not part of the topic's log.
    return entry.message.offset < 0 ? null : new Position(0, entry.message.offset);
  }

  @Override
  public Object epoch() {
    return epoch;
  }

  @Override
  public Settled ack() {
    return settle(ACKED);
  }

  @Override
  public Settled release() {
    return settle(RELEASED);
  }

  private Settled settle(int how) {
    if (!epoch.alive || subscription.closed()) {
      return Settled.STALE;
    }
    if (!STATE.compareAndSet(this, OPEN, how)) {
      return Settled.ALREADY;
    }
    epoch.connection.settle(this);
    return Settled.DONE;
  }

  @Override
  public void failedRuns(int count) {
    // Nothing outlives the process, and in it the runtime counts.
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return Optional.empty();
  }

  @Override
  void execute() {
    if (!epoch.alive || !subscription.settled(this)) {
      return;
    }
    if (state == ACKED) {
      group.done(entry);
      epoch.connection.server().dirty(group);
    } else {
      comeBack();
    }
  }

  /** To its old place; with the server's lock. */
  void comeBack() {
    group.comeBack(entry);
    epoch.connection.server().dirty(group);
  }
}
