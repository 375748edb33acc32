package dev.missive.testkit.memory;

import dev.missive.MessagingException;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One subscription of one connection. What is not volatile is guarded by the server's lock. */
final class MemorySubscription implements Subscription {
  final Spec spec;
  final DeliveryListener listener;
  private final MemoryConnection connection;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private @Nullable MemoryEpoch epoch;
  private @Nullable MemoryGroup group;
  private @Nullable MemoryDelivery first;
  private @Nullable MemoryDelivery last;

  /** What is handed out and not delivered yet, linked by {@code nextCommand}. */
  private @Nullable MemoryDelivery fetchedFirst;

  private @Nullable MemoryDelivery fetchedLast;
  private int unsettled;
  private boolean paused;
  private boolean done;
  private volatile String address = "";
  private volatile boolean closed;

  MemorySubscription(Spec spec, DeliveryListener listener, MemoryConnection connection) {
    this.spec = spec;
    this.listener = listener;
    this.connection = connection;
  }

  // ---- SPI

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  @Override
  public String address() {
    return address;
  }

  @Override
  public void pause() {
    connection.submit(MemoryCommand.of(() -> paused = true));
  }

  @Override
  public void resume() {
    connection.submit(
        MemoryCommand.of(
            () -> {
              paused = false;
              if (group != null) {
                connection.server().dirty(group);
              }
            }));
  }

  @Override
  public CompletionStage<Void> stop() {
    connection.submit(
        new MemoryCommand() {
          @Override
          void execute() {
            stopNow();
          }

          @Override
          void report() {
            stopped.complete(null);
          }
        });
    return stopped;
  }

  @Override
  public CompletionStage<Void> close() {
    closed = true;
    connection.submit(
        new MemoryCommand() {
          @Override
          void execute() {
            stopNow();
            giveBack();
            connection.link().forget(MemorySubscription.this);
          }

          @Override
          void report() {
            stopped.complete(null);
            ended.complete(null);
          }
        });
    return ended;
  }

  /** The connection is closed. */
  void end() {
    ready.completeExceptionally(MemoryErrors.closed());
    stopped.complete(null);
    ended.complete(null);
  }

  boolean closed() {
    return closed;
  }

  // ---- with the server's lock

  /** Joins its group on a new connection. */
  void attach(MemoryEpoch now) {
    if (done) {
      return;
    }
    MemoryServer server = connection.server();
    server.operations++;
    MemoryGroup joined = server.catalog.join(spec);
    epoch = now;
    group = joined;
    address = spec.kind() == Kind.REPLIES ? joined.name : spec.topic();
    joined.subscriptions.add(this);
    server.dirty(joined);
  }

  void ready(@Nullable MessagingException failure) {
    if (failure == null) {
      ready.complete(null);
    } else {
      ready.completeExceptionally(failure);
      MemoryLoop.guarded(() -> listener.failed(failure));
    }
  }

  void revoked(MemoryEpoch lost) {
    MemoryLoop.guarded(() -> listener.revoked(lost));
  }

  boolean hasRoom() {
    return !paused && !done && unsettled < spec.maxInFlight();
  }

  /** Takes an entry of its group; it is delivered by the I/O thread of its connection. */
  void assign(MemoryGroup from, MemoryEntry entry) {
    MemoryDelivery delivery = new MemoryDelivery(this, Objects.requireNonNull(epoch), from, entry);
    delivery.held = true;
    delivery.before = last;
    if (last == null) {
      first = delivery;
    } else {
      last.after = delivery;
    }
    last = delivery;
    unsettled++;
    MemoryDelivery newest = fetchedLast;
    fetchedLast = delivery;
    if (newest == null) {
      fetchedFirst = delivery;
      connection.pumpNeeded(this);
    } else {
      newest.nextCommand = delivery;
    }
  }

  /** All that is to be delivered now, linked by {@code nextCommand}; null if nothing is. */
  @Nullable MemoryDelivery fetch() {
    MemoryDelivery all = fetchedFirst;
    fetchedFirst = null;
    fetchedLast = null;
    return all;
  }

  /** Books a settlement; false if the delivery had come back to the broker before. */
  boolean settled(MemoryDelivery delivery) {
    if (!delivery.held) {
      return false;
    }
    delivery.held = false;
    if (delivery.before == null) {
      first = delivery.after;
    } else {
      delivery.before.after = delivery.after;
    }
    if (delivery.after == null) {
      last = delivery.before;
    } else {
      delivery.after.before = delivery.before;
    }
    unsettled--;
    return true;
  }

  /** The connection is gone: everything unsettled comes back in its old order. */
  void detach() {
    leave();
    giveBack();
    epoch = null;
  }

  private void stopNow() {
    done = true;
    leave();
    MemoryCommand following;
    for (MemoryCommand next = fetch(); next != null; next = following) {
      following = next.nextCommand;
      next.nextCommand = null;
      MemoryDelivery undelivered = (MemoryDelivery) next;
      if (settled(undelivered)) {
        undelivered.comeBack();
      }
    }
  }

  private void leave() {
    MemoryGroup left = group;
    if (left != null) {
      left.subscriptions.remove(this);
      connection.server().catalog.left(spec, left);
      connection.server().dirty(left);
    }
    group = null;
  }

  private void giveBack() {
    fetch();
    for (MemoryDelivery delivery = first; delivery != null; delivery = first) {
      settled(delivery);
      delivery.comeBack();
    }
  }
}
