package dev.missive.nats;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Message;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What jnats has to say, on the thread where it happens. */
final class NatsErrorListener implements ErrorListener {
  private final AtomicReference<@Nullable NatsLink> link;
  private final AtomicReference<@Nullable Throwable> seen;
  private final Consumer<Connection> giveUp;

  NatsErrorListener(
      AtomicReference<@Nullable NatsLink> link,
      AtomicReference<@Nullable Throwable> seen,
      Consumer<Connection> giveUp) {
    this.link = link;
    this.seen = seen;
    this.giveUp = giveUp;
  }

  @Override
  public void errorOccurred(Connection client, String error) {
    NatsLink over = link.get();
    if (over != null) {
      over.forbidden(error);
    } else if (client.getStatus() != Connection.Status.CONNECTED && NatsErrors.refusal(error)) {
      seen.set(new AuthenticationException(error));
      giveUp.accept(client);
    } else if (NatsErrors.notPermitted(error)) {
      seen.set(new AuthenticationException(error));
    }
  }

  @Override
  public void exceptionOccurred(Connection client, Exception exception) {
    if (link.get() == null) {
      // Of several servers each may have another reason: the one that no other server mends.
      seen.accumulateAndGet(
          exception, (first, next) -> first == null || NatsErrors.tls(next) != null ? next : first);
    } else {
      seen.set(exception);
    }
  }

  @Override
  public void messageDiscarded(Connection client, Message message) {
    NatsLink.DISCARDED.set(true);
  }
}
