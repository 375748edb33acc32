package dev.missive.core.manage;

import static java.util.Objects.requireNonNull;

import dev.missive.Capability;
import dev.missive.ConnectionState;
import dev.missive.ErrorCode;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.Producer;
import dev.missive.ReceivedMessage;
import dev.missive.Requester;
import dev.missive.core.connect.Await;
import dev.missive.core.connect.Connection;
import dev.missive.core.consume.Received;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Requests over one reply subscription, opened by the first of them (semantics S26). Thread-safe.
 */
public final class RuntimeRequester implements Requester, DeliveryListener {
  private static final int WINDOW = 1000;

  private final Connection connection;
  private final Producer producer;
  private final Time time;
  private final String application;
  private final Map<String, Pending> pending = new ConcurrentHashMap<>();
  private final Object lock = new Object();
  private @Nullable Subscription replies;
  private boolean closed;

  /**
   * Makes one that has not subscribed.
   *
   * @param connection the connection
   * @param producer publishes requests
   * @param time the clock
   * @param application names the reply address
   */
  public RuntimeRequester(Connection connection, Producer producer, Time time, String application) {
    this.connection = connection;
    this.producer = producer;
    this.time = time;
    this.application = application;
    connection.listen(this::linkChanged);
  }

  @Override
  public CompletionStage<ReceivedMessage> request(Message request, Duration timeout) {
    requireNonNull(request, "request");
    if (timeout.isZero() || timeout.isNegative()) {
      return CompletableFuture.failedFuture(
          new MessagingException(
              ErrorCode.CONFIG_INVALID,
              "the timeout of a request was " + timeout + " but must be more than zero"));
    }
    // What a reply is matched by; unique among what is pending, also where the application chose
    // it.
    String id = request.correlationId() == null ? request.id() : request.correlationId();
    Pending mine = new Pending();
    try {
      Subscription subscription = subscription(timeout);
      if (pending.putIfAbsent(id, mine) != null) {
        return CompletableFuture.failedFuture(
            new MessagingException(
                ErrorCode.CONFIG_INVALID,
                "a request with correlation id " + id + " is pending already. Use another one"));
      }
      // From here on close() sees it.
      requireOpen();
      mine.cancel =
          time.schedule(
              timeout,
              () -> fail(id, timedOut("no reply within " + timeout.toMillis() + " ms", null)));
      Message addressed =
          request.toBuilder().replyTo(subscription.address()).correlationId(id).build();
      producer
          .publishAsync(addressed)
          .whenComplete(
              (receipt, error) -> {
                if (error != null) {
                  fail(id, Await.unwrap(error));
                }
              });
    } catch (MessagingException e) {
      pending.remove(id, mine);
      return CompletableFuture.failedFuture(e);
    }
    return mine.result;
  }

  /** The reply address, of the connection that stands now: an earlier one's may be gone. */
  private Subscription subscription(Duration timeout) {
    connection.check(connection.require(timeout), Capability.REQUEST, "a request");
    Subscription made;
    synchronized (lock) {
      requireOpen();
      if (replies == null) {
        replies =
            connection
                .broker()
                .subscribe(
                    new Subscription.Spec(
                        Subscription.Kind.REPLIES, application, null, WINDOW, false, null),
                    this);
      }
      made = replies;
    }
    Await.result(
        made.ready(), connection.settings().connecting(), time, "opening the reply address");
    return made;
  }

  private void requireOpen() {
    synchronized (lock) {
      if (closed) {
        throw new MessagingException(ErrorCode.CLOSED, "this requester was closed");
      }
    }
  }

  @Override
  public void delivered(Delivery delivery, boolean more) {
    ReceivedMessage reply = Received.of(delivery, null);
    delivery.ack();
    String id = reply.correlationId();
    Pending waiting = id == null ? null : pending.remove(id);
    if (waiting == null) {
      return;
    }
    waiting.cancel.run();
    String remote = delivery.message().headers().get(Header.REMOTE_ERROR);
    connection.complete(
        () -> {
          if (remote == null) {
            waiting.result.complete(reply);
          } else {
            waiting.result.completeExceptionally(
                new MessagingException(
                    ErrorCode.REMOTE_FAILED,
                    "the responder of request " + id + " failed with " + remote));
          }
        });
  }

  /** Replies are acknowledged as they come: there is nothing to wait for. */
  @Override
  public void revoking(Object epoch) {}

  @Override
  public void revoked(Object epoch) {
    // Behind the loss of the connection, if that is why: who asks again then waits for the next one
    // and is not taken for somebody who waited for a reply of the last.
    connection.later(() -> failAll("the connection was lost while waiting for the reply", null));
  }

  @Override
  public void failed(MessagingException fatal) {
    synchronized (lock) {
      replies = null;
    }
    failAll("the reply address is gone", fatal);
  }

  private void linkChanged(ConnectionState state, @Nullable MessagingException error) {
    if (state == ConnectionState.RECONNECTING || state == ConnectionState.AUTH_FAILED) {
      failAll("the connection was lost while waiting for the reply", error);
    }
  }

  private void failAll(String why, @Nullable Throwable cause) {
    for (String id : List.copyOf(pending.keySet())) {
      fail(id, timedOut(why, cause));
    }
  }

  private void fail(String id, MessagingException error) {
    Pending waiting = pending.remove(id);
    if (waiting != null) {
      waiting.cancel.run();
      connection.complete(() -> waiting.result.completeExceptionally(error));
    }
  }

  private static MessagingException timedOut(String why, @Nullable Throwable cause) {
    return new MessagingException(
        ErrorCode.REPLY_TIMEOUT,
        "a request got no reply: " + why + ". The responder may have handled it",
        cause);
  }

  @Override
  public void close() {
    Subscription open;
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      open = replies;
      replies = null;
    }
    for (String id : List.copyOf(pending.keySet())) {
      fail(
          id,
          new MessagingException(
              ErrorCode.CLOSED, "the requester was closed while waiting for the reply"));
    }
    if (open != null) {
      open.stop();
      open.close();
    }
  }

  private static final class Pending {
    final CompletableFuture<ReceivedMessage> result = new CompletableFuture<>();
    volatile Runnable cancel = () -> {};
  }
}
