package dev.missive.nats;

import dev.missive.Message;
import dev.missive.Position;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import io.nats.client.Dispatcher;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Replies to this client's requests: an inbox without a stream, so that a reply comes at most once.
 * Thread-safe.
 */
final class NatsReplies implements NatsFollower {
  private static final Duration AGAIN = Duration.ofMillis(100);

  private final NatsConnection connection;
  private final DeliveryListener listener;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Object lock = new Object();
  private @Nullable NatsLink link;
  private @Nullable Dispatcher dispatcher;
  private volatile String address = "";
  private volatile boolean stopped;

  NatsReplies(NatsConnection connection, DeliveryListener listener) {
    this.connection = connection;
    this.listener = listener;
  }

  @Override
  public void attach(NatsLink to) {
    try {
      synchronized (lock) {
        if (stopped || link == to) {
          return;
        }
        link = to;
        address = to.client.createInbox();
        dispatcher = to.dispatcher(message -> arrived(to, message)).subscribe(address);
      }
      connection.block(() -> flush(to));
    } catch (IllegalStateException e) {
      // Closed meanwhile; its end is on its way.
    }
  }

  private void flush(NatsLink over) {
    if (over.flush()) {
      ready.complete(null);
    } else if (over.alive() && !stopped) {
      // A server that stood still for a while; requests wait for this.
      connection.time().schedule(AGAIN, () -> connection.block(() -> flush(over)));
    }
  }

  private void arrived(NatsLink over, io.nats.client.Message message) {
    if (!stopped && !message.isStatusMessage()) {
      listener.delivered(new Reply(over, message, address), false);
    }
  }

  @Override
  public void detach(NatsLink from) {
    synchronized (lock) {
      if (link != from) {
        return;
      }
      link = null;
      dispatcher = null;
    }
    listener.revoked(from);
  }

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
    // A reply is waited for; there is nobody else to take it.
  }

  @Override
  public void resume() {
    // As above.
  }

  @Override
  public CompletionStage<Void> stop() {
    Dispatcher open;
    NatsLink over;
    synchronized (lock) {
      stopped = true;
      open = dispatcher;
      over = link;
      dispatcher = null;
    }
    if (open != null && over != null && over.alive()) {
      over.close(open);
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> close() {
    connection.forget(this);
    return stop();
  }

  private record Reply(NatsLink of, io.nats.client.Message raw, String address)
      implements Delivery {
    @Override
    public Message message() {
      return new NatsMessage(raw, address, false);
    }

    @Override
    public @Nullable Position position() {
      return null;
    }

    @Override
    public Object epoch() {
      return of;
    }

    @Override
    public Settled ack() {
      return of.alive() ? Settled.DONE : Settled.STALE;
    }

    @Override
    public Settled release() {
      return ack();
    }

    @Override
    public void failedRuns(int count) {
      // Nothing stores a reply.
    }

    @Override
    public <T> Optional<T> unwrap(Class<T> type) {
      return type.isInstance(raw) ? Optional.of(type.cast(raw)) : Optional.empty();
    }
  }
}
