package dev.missive.rabbitmq;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.Admin;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Gaps;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client of RabbitMQ. Reconnects by itself: the client's own recovery loses publishes. One
 * thread makes and mends the link, so that losses and reconnects are reported in order.
 * Thread-safe.
 */
final class RabbitConnection implements Broker {
  private static final Duration ORDERLY = Duration.ofSeconds(5);

  private final BrokerContext context;
  private final RabbitSettings settings;
  private final RabbitNames names;
  private final Consumer<ConnectionFactory> customizer;
  private final Loop control;
  private final Loop publishing;
  private final RabbitAdmin admin;
  private final RabbitReconnects reconnects;
  private final Set<RabbitSubscription> subscriptions = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile @Nullable RabbitLink link;
  private volatile Sockets sockets = new Sockets();
  private volatile @Nullable RabbitSender sender;
  private volatile boolean closed;

  RabbitConnection(
      BrokerContext context,
      RabbitSettings settings,
      RabbitNames names,
      Consumer<ConnectionFactory> customizer) {
    this.context = context;
    this.settings = settings;
    this.names = names;
    this.customizer = customizer;
    this.control = new Loop(context.threads("control"));
    this.publishing = new Loop(context.threads("publish"));
    this.admin = new RabbitAdmin(this, settings, names, context.threads("admin"));
    this.reconnects = new RabbitReconnects(settings);
  }

  // ---- for its parts

  Time time() {
    return context.time();
  }

  RabbitSettings settings() {
    return settings;
  }

  RabbitNames names() {
    return names;
  }

  Loop loop(String role) {
    return new Loop(context.threads(role));
  }

  /** What stands now; null if nothing does. */
  @Nullable RabbitLink link() {
    return link;
  }

  /** What was declared, which a link that comes later may miss. */
  RabbitAdmin topology() {
    return admin;
  }

  Set<RabbitSubscription> subscriptions() {
    return subscriptions;
  }

  // ---- SPI

  @Override
  public CompletionStage<Traits> connect() {
    CompletableFuture<Traits> done = new CompletableFuture<>();
    boolean taken =
        control.submit(
            next -> {
              try {
                RabbitLink made = link == null ? establish() : link;
                done.complete(RabbitTraits.of(made.version(), settings));
              } catch (IOException | TimeoutException | RuntimeException e) {
                done.completeExceptionally(RabbitErrors.connecting(e, settings.where()));
              }
            });
    if (!taken) {
      done.completeExceptionally(
          new MessagingException(ErrorCode.CLOSED, "this client was closed"));
    }
    return done;
  }

  @Override
  public Sender sender(Duration deadline) {
    RabbitSender made = new RabbitSender(link, publishing, names, context.time(), deadline);
    sender = made;
    made.open();
    return made;
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    RabbitSubscription made = new RabbitSubscription(this, spec, listener);
    subscriptions.add(made);
    RabbitLink standing = link;
    if (standing != null) {
      made.attach(standing);
    }
    return made;
  }

  @Override
  public Admin admin() {
    return admin;
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    if (type == Gaps.class) {
      Gaps gaps = RabbitTraits::why;
      return Optional.of(type.cast(gaps));
    }
    RabbitLink standing = link;
    return type == Connection.class && standing != null
        ? Optional.of(type.cast(standing.consuming))
        : Optional.empty();
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    if (closed) {
      return ended;
    }
    closed = true;
    // A link that is only being made has nothing to end in good order.
    Duration patience = link == null ? Duration.ZERO : atMost;
    Runnable uncut = context.time().schedule(patience, () -> sockets.cut());
    boolean taken =
        control.submit(
            next -> {
              shut(atMost);
              uncut.run();
              ended.complete(null);
            });
    if (!taken) {
      ended.complete(null);
    }
    return ended;
  }

  private void shut(Duration atMost) {
    RabbitLink standing = link;
    link = null;
    if (standing != null) {
      standing.close(Math.max(1, atMost.toMillis() * 3 / 4));
    }
    RabbitSender last = sender;
    if (last != null) {
      last.die("the client was closed", null);
    }
    subscriptions.forEach(RabbitSubscription::end);
    subscriptions.clear();
    admin.close();
    publishing.close();
    control.close();
  }

  // ---- on the control thread

  private RabbitLink establish() throws IOException, TimeoutException {
    Sockets own = new Sockets();
    sockets = own;
    // Asked only now: a close that comes later finds these sockets.
    if (closed) {
      throw new MessagingException(ErrorCode.CLOSED, "this client was closed");
    }
    ConnectionFactory factory = factory();
    RabbitLink made;
    try {
      made =
          new RabbitLink(
              factory, this::finish, settings.addresses, context.clientName(), own, this::onLost);
    } catch (IOException e) {
      throw settings.tls && !closed
          ? RabbitTls.reason(e, factory.getSocketFactory(), settings.addresses)
          : e;
    }
    made.publishing.addBlockedListener(
        reason -> alarm(made, Link.BLOCKED, "the broker has an alarm: " + reason),
        () -> alarm(made, Link.CONNECTED, "the alarm is over"));
    link = made;
    return made;
  }

  private void alarm(RabbitLink of, Link state, String why) {
    control.submit(
        next -> {
          if (link == of) {
            context.connection(state, why, null);
          }
        });
  }

  private ConnectionFactory factory() {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUsername(settings.username.get());
    factory.setPassword(settings.password.get());
    factory.setVirtualHost(settings.vhost);
    factory.setAutomaticRecoveryEnabled(false);
    factory.setTopologyRecoveryEnabled(false);
    factory.setRequestedHeartbeat((int) settings.heartbeat.toSeconds());
    factory.setConnectionTimeout((int) settings.connectTimeout.toMillis());
    factory.setHandshakeTimeout((int) settings.answerTimeout.toMillis());
    factory.setChannelRpcTimeout((int) settings.answerTimeout.toMillis());
    factory.setThreadFactory(RabbitLink.keepingNames(context.threads("io")));
    factory.setSharedExecutor(new DirectExecutor());
    if (settings.tls) {
      factory.useSslProtocol(RabbitTls.context(settings));
    }
    return factory;
  }

  /** Adds to the socket configurator, so it comes after that was set. */
  private void finish(ConnectionFactory factory) {
    if (settings.tls && !settings.anyHost) {
      factory.enableHostnameVerification();
    }
    customizer.accept(factory);
  }

  /** On a thread of the client. */
  private void onLost(RabbitLink lost, String why, @Nullable Throwable cause) {
    control.submit(next -> afterLoss(lost, why, cause));
  }

  private void afterLoss(RabbitLink lost, String why, @Nullable Throwable cause) {
    if (link != lost || closed) {
      return;
    }
    link = null;
    RabbitSender dying = sender;
    if (dying != null) {
      // What it held has failed before anybody hears that the link is gone, or back.
      waitFor(dying.die(why, null), ORDERLY);
    }
    context.connection(Link.RECONNECTING, "the connection was lost: " + why, cause);
    subscriptions.forEach(subscription -> subscription.detach(lost));
    lost.close(1);
    reconnects.begin();
    reconnectLater();
  }

  private void reconnectLater() {
    context.time().schedule(reconnects.next(), () -> control.submit(next -> reconnect()));
  }

  private void reconnect() {
    if (closed || link != null) {
      return;
    }
    try {
      RabbitLink made = establish();
      List<CompletionStage<Void>> addresses = new ArrayList<>();
      for (RabbitSubscription subscription : subscriptions) {
        CompletionStage<Void> attached = subscription.attach(made);
        if (subscription.kind() == Subscription.Kind.REPLIES) {
          addresses.add(attached);
        }
      }
      // Requests go out as soon as the link is reported, and need their new reply address.
      addresses.forEach(attached -> waitFor(attached, settings.answerTimeout));
      context.connection(Link.CONNECTED, "connected again", null);
    } catch (IOException | TimeoutException | RuntimeException e) {
      MessagingException why = RabbitErrors.connecting(e, settings.where());
      boolean refused = why.code() == ErrorCode.AUTH;
      if (reconnects.failed(refused)) {
        context.connection(
            Link.AUTH_FAILED,
            "refused " + reconnects.refusals() + " times: " + RabbitErrors.said(e),
            why);
      } else if (!refused) {
        // Whoever is not there refuses nobody, so that publishes wait again.
        context.connection(
            Link.RECONNECTING,
            "the connection was lost and is not back: " + RabbitErrors.said(e),
            why);
      }
      reconnectLater();
    }
  }

  private static void waitFor(CompletionStage<Void> stage, Duration atMost) {
    try {
      stage.toCompletableFuture().get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // Nothing to add: whoever failed has said so to its own listener.
    }
  }
}
