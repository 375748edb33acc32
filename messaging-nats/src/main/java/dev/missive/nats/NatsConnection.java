package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.Admin;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener.Events;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One client of NATS: makes connections, one after another, and tells who depends on them. */
final class NatsConnection implements Broker {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final BrokerContext context;
  private final NatsSettings settings;
  private final NatsNames names;
  private final NatsOptions options;
  private final ExecutorService threads;
  private final ExecutorService events;
  private final ScheduledThreadPoolExecutor timer;
  private final NatsAdmin admin;
  private final List<NatsLink> links = new CopyOnWriteArrayList<>();
  private final Set<String> servers = new LinkedHashSet<>();
  private final Object lock = new Object();
  private final NatsAttempts attempts;

  private volatile @Nullable NatsEpoch epoch;
  private volatile boolean closed;
  private @Nullable CompletableFuture<Void> closing;

  NatsConnection(
      BrokerContext context,
      NatsSettings settings,
      NatsNames names,
      UnaryOperator<Options.Builder> custom) {
    this.context = context;
    this.settings = settings;
    this.names = names;
    this.options = new NatsOptions(settings, custom);
    this.threads = Executors.newCachedThreadPool(context.threads("io"));
    this.events = Executors.newSingleThreadExecutor(context.threads("events"));
    this.timer = new ScheduledThreadPoolExecutor(1, context.threads("timer"));
    this.timer.setRemoveOnCancelPolicy(true);
    this.admin = new NatsAdmin(this);
    this.servers.addAll(settings.servers);
    this.attempts = new NatsAttempts(settings.authRetry);
  }

  // ---- for the others

  NatsSettings settings() {
    return settings;
  }

  NatsNames names() {
    return names;
  }

  Time time() {
    return context.time();
  }

  NatsAdmin natsAdmin() {
    return admin;
  }

  List<NatsLink> links() {
    return links;
  }

  boolean closed() {
    return closed;
  }

  /** Runs something that may block. */
  void block(Runnable task) {
    run(threads, task);
  }

  /** Runs something in line with the beginning and the end of connections. */
  private void inLine(Runnable task) {
    run(events, task);
  }

  private static void run(ExecutorService on, Runnable task) {
    try {
      on.execute(task);
    } catch (RejectedExecutionException e) {
      // Closed: nobody waits for it any more.
    }
  }

  /**
   * The connection.
   *
   * @throws MessagingException BROKER_UNREACHABLE if there is none
   */
  NatsEpoch epoch(String what) {
    NatsEpoch now = epoch;
    if (now == null) {
      throw NatsErrors.unreachable(what);
    }
    return now;
  }

  void forget(NatsLink link) {
    links.remove(link);
  }

  /** A subscription goes: what it told the server has arrived before the stage completes. */
  CompletionStage<Void> leave(List<String> consumers, List<NatsSource> sources) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    NatsEpoch over = epoch;
    if (over == null) {
      done.complete(null);
      return done;
    }
    block(
        () -> {
          for (int i = 0; i < consumers.size(); i++) {
            admin.delete(over, sources.get(i).stream(), consumers.get(i));
          }
          over.flush();
          done.complete(null);
        });
    return done;
  }

  // ---- SPI

  @Override
  public CompletionStage<Traits> connect() {
    CompletableFuture<Traits> done = new CompletableFuture<>();
    block(
        () -> {
          try {
            open(done::complete);
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  @Override
  public Sender sender(Duration deadline) {
    NatsEpoch over = epoch;
    if (over != null) {
      Duration most =
          deadline.compareTo(settings.publishTimeout) < 0 ? deadline : settings.publishTimeout;
      expire(over, most);
    }
    return new NatsSender(over, settings, names, context.time(), events);
  }

  /** One timer for all messages: an answer that was lost must not keep a place for ever. */
  private void expire(NatsEpoch over, Duration most) {
    if (!over.alive() || closed) {
      return;
    }
    inLine(() -> over.expire(context.time().nanos() - most.toNanos()));
    Duration half = most.dividedBy(2);
    context.time().schedule(half.compareTo(SECOND) < 0 ? half : SECOND, () -> expire(over, most));
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    if (spec.kind() == Subscription.Kind.PATTERN) {
      throw NatsErrors.unsupported("subscription by pattern");
    }
    if (spec.keyOrder()) {
      throw NatsErrors.unsupported("order per key over several instances");
    }
    NatsLink made =
        spec.kind() == Subscription.Kind.REPLIES
            ? new NatsReplies(this, listener)
            : new NatsSubscription(this, spec, listener);
    links.add(made);
    inLine(
        () -> {
          NatsEpoch now = epoch;
          if (now != null && links.contains(made)) {
            made.attach(now);
          }
        });
    return made;
  }

  @Override
  public Admin admin() {
    return admin;
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    NatsEpoch now = epoch;
    Object part =
        type == AtomicSender.class
            ? new NatsSender(now, settings, names, context.time(), events)
            : now == null ? null : now.client;
    return type.isInstance(part) ? Optional.of(type.cast(part)) : Optional.empty();
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    synchronized (lock) {
      if (closing != null) {
        return closing;
      }
      closing = done;
      closed = true;
    }
    NatsEpoch last = epoch;
    epoch = null;
    Runnable end =
        () -> {
          if (done.complete(null)) {
            events.shutdown();
            timer.shutdownNow();
            threads.shutdownNow();
          }
        };
    // A server that hangs does not keep its client.
    Runnable cancel = context.time().schedule(atMost, end);
    block(
        () -> {
          if (last != null) {
            last.end();
            shut(last.client);
          }
          cancel.run();
          end.run();
        });
    return done;
  }

  private static void shut(Connection client) {
    try {
      client.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- connecting

  /** Makes a connection, which is told after all who depend on it have it, and before its loss. */
  private void open(Consumer<Traits> told) {
    AtomicReference<@Nullable Throwable> seen = new AtomicReference<>();
    AtomicReference<@Nullable NatsEpoch> made = new AtomicReference<>();
    Connection client;
    try {
      client =
          Nats.connect(
              options.make(
                  known(),
                  context.clientName(),
                  threads,
                  timer,
                  (of, event) -> changed(made, event, seen.get()),
                  new NatsErrorListener(made, seen, this::giveUp)));
    } catch (java.io.IOException e) {
      throw NatsErrors.connecting(settings, e, seen.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsErrors.closed();
    }
    if (client.getStatus() != Connection.Status.CONNECTED) {
      throw NatsErrors.connecting(settings, new java.io.IOException("it was closed"), seen.get());
    }
    NatsEpoch stands = new NatsEpoch(client, events);
    Traits traits;
    try {
      NatsTraits.checkJetStream(client, settings);
      traits = NatsTraits.of(client.getServerInfo(), settings);
      stands.open();
    } catch (MessagingException e) {
      shut(client);
      throw e;
    } catch (IllegalStateException e) {
      throw NatsErrors.connecting(settings, e, seen.get());
    }
    begin(stands, client, () -> told.accept(traits));
    made.set(stands);
    if (client.getStatus() != Connection.Status.CONNECTED) {
      // It went before anybody could be told.
      changed(made, Events.DISCONNECTED, seen.get());
    }
  }

  /** jnats would wait for the rest of its time although the server has refused it. */
  private void giveUp(Connection client) {
    block(() -> shut(client));
  }

  private void begin(NatsEpoch stands, Connection client, Runnable told) {
    synchronized (lock) {
      if (closed) {
        stands.end();
        shut(client);
        throw NatsErrors.closed();
      }
      servers.addAll(client.getServers());
      attempts.succeeded();
      epoch = stands;
      inLine(
          () -> {
            // Requests go out as soon as it is told, and need their new reply address.
            links.forEach(link -> link.attach(stands));
            told.run();
          });
    }
  }

  private List<String> known() {
    synchronized (lock) {
      return List.copyOf(servers);
    }
  }

  // ---- losing it

  private void changed(
      AtomicReference<@Nullable NatsEpoch> of, Events event, @Nullable Throwable why) {
    NatsEpoch gone = of.get();
    if (gone != null && (event == Events.DISCONNECTED || event == Events.CLOSED)) {
      inLine(() -> lost(gone, why));
    }
  }

  private void lost(NatsEpoch gone, @Nullable Throwable why) {
    if (epoch != gone || closed) {
      return;
    }
    epoch = null;
    gone.end();
    String text = why == null ? "the server closed it" : NatsErrors.clean(why.getMessage());
    context.connection(Link.RECONNECTING, "the connection was lost: " + text, null);
    links.forEach(link -> link.detach(gone));
    block(() -> shut(gone.client));
    again();
  }

  private void again() {
    context.time().schedule(attempts.next(), () -> block(this::reconnect));
  }

  private void reconnect() {
    if (closed) {
      return;
    }
    try {
      open(traits -> context.connection(Link.CONNECTED, "connected again", null));
    } catch (MessagingException e) {
      failed(e);
    } catch (RuntimeException e) {
      failed(NatsErrors.connecting(settings, e, null));
    }
  }

  private void failed(MessagingException why) {
    boolean refused = why.code() == ErrorCode.AUTH;
    if (attempts.failed(refused)) {
      context.connection(
          Link.AUTH_FAILED, "refused " + NatsAttempts.REFUSALS + " times in a row", why);
    } else if (!refused) {
      context.connection(Link.RECONNECTING, String.valueOf(why.getMessage()), why);
    }
    again();
  }
}
