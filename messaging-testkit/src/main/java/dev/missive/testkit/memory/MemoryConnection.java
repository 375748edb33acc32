package dev.missive.testkit.memory;

import dev.missive.Capability;
import dev.missive.Capability.Support;
import dev.missive.MessagingException;
import dev.missive.spi.Admin;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Seeker;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One client of the in-memory broker. Everything it does is a command to its {@link MemoryLoop}, in
 * the order it was asked for. Thread-safe.
 */
final class MemoryConnection implements Broker {
  private static final long FIRST_WAIT = 250;
  private static final long LONGEST_WAIT = 30_000;
  private static final int REFUSALS = 3;
  private static final Duration REDELIVERY = Duration.ofSeconds(1);
  private static final Duration PRECISION = Duration.ofSeconds(1);

  /** What one connection lasts. */
  static final class Epoch {
    final MemoryConnection connection;

    /** Sends whose result the broker keeps back, in order; guarded by the server's lock. */
    final List<MemorySender.Send> held = new ArrayList<>();

    volatile boolean alive = true;

    Epoch(MemoryConnection connection) {
      this.connection = connection;
    }
  }

  private final BrokerContext context;
  private final MemorySettings settings;
  private final MemoryServer server;
  private final MemoryLoop loop;
  private final MemoryAdmin admin;
  private final List<MemorySubscription> subscriptions = new ArrayList<>();
  private volatile Epoch epoch;
  private volatile boolean closed;
  private int failures;
  private int refusals;

  MemoryConnection(BrokerContext context, MemorySettings settings) {
    this.context = context;
    this.settings = settings;
    this.server = MemoryServer.named(settings.name);
    this.loop = new MemoryLoop(server, context.threads("io"), context.time());
    this.admin = new MemoryAdmin(this);
    this.epoch = new Epoch(this);
    epoch.alive = false;
  }

  MemoryServer server() {
    return server;
  }

  String clientName() {
    return context.clientName();
  }

  void submit(MemoryCommand command) {
    loop.submit(command);
  }

  /** The broker answers again. */
  void wakeUp() {
    loop.resume();
  }

  void pumpNeeded(MemorySubscription subscription) {
    loop.pump(subscription);
  }

  // ---- SPI

  @Override
  public CompletionStage<Traits> connect() {
    CompletableFuture<Traits> done = new CompletableFuture<>();
    loop.submit(
        new MemoryCommand() {
          private @Nullable MessagingException failure;

          @Override
          void execute() {
            failure = login();
          }

          @Override
          void report() {
            if (failure == null) {
              done.complete(traits());
            } else {
              done.completeExceptionally(failure);
            }
          }
        });
    return done;
  }

  @Override
  public Sender sender(Duration deadline) {
    return new MemorySender(this, epoch);
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    MemorySubscription subscription = new MemorySubscription(spec, listener, this);
    loop.submit(
        new MemoryCommand() {
          private @Nullable MessagingException failure;
          private boolean attached;

          @Override
          void execute() {
            subscriptions.add(subscription);
            if (!epoch.alive) {
              return;
            }
            try {
              subscription.attach(epoch);
              attached = true;
            } catch (MessagingException e) {
              failure = e;
            }
          }

          @Override
          void report() {
            if (attached || failure != null) {
              subscription.ready(failure);
            }
          }
        });
    return subscription;
  }

  @Override
  public Admin admin() {
    return admin;
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    Object part =
        type == AtomicSender.class
            ? new MemorySender(this, epoch)
            : type == Seeker.class ? admin : null;
    return type.isInstance(part) ? Optional.of(type.cast(part)) : Optional.empty();
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    if (closed) {
      return CompletableFuture.completedFuture(null);
    }
    closed = true;
    // A broker that hangs does not keep its client: that one cuts the connection.
    context.time().schedule(atMost, () -> cut(done));
    loop.submit(
        new MemoryCommand() {
          @Override
          void execute() {
            lose();
          }

          @Override
          void report() {
            subscriptions.forEach(MemorySubscription::completeAll);
            loop.close();
            done.complete(null);
          }
        });
    return done;
  }

  private void cut(CompletableFuture<Void> done) {
    if (done.isDone()) {
      return;
    }
    server.lock.lock();
    try {
      lose();
      server.assign();
    } finally {
      server.lock.unlock();
    }
    loop.close();
    done.complete(null);
  }

  void forget(MemorySubscription subscription) {
    subscriptions.remove(subscription);
  }

  /** Tells the server to do something, in order with everything else. */
  CompletionStage<Void> tell(Runnable order) {
    return ask(() -> {
          order.run();
          return true;
        })
        .thenAccept(done -> {});
  }

  /** Asks the server something, in order with everything else. */
  <T> CompletionStage<T> ask(Supplier<T> question) {
    CompletableFuture<T> done = new CompletableFuture<>();
    loop.submit(
        new MemoryCommand() {
          private @Nullable T answer;
          private @Nullable RuntimeException failure;

          @Override
          void execute() {
            try {
              if (!epoch.alive) {
                throw MemoryErrors.unreachable(settings.name);
              }
              answer = question.get();
            } catch (RuntimeException e) {
              failure = e;
            }
          }

          @Override
          void report() {
            if (failure == null) {
              done.complete(answer);
            } else {
              done.completeExceptionally(failure);
            }
          }
        });
    return done;
  }

  // ---- connecting, with the server's lock

  private @Nullable MessagingException login() {
    if (closed) {
      return MemoryErrors.closed();
    }
    if (server.faults.down) {
      return MemoryErrors.unreachable(settings.name);
    }
    boolean wrong =
        server.requiredUser != null
            && !(server.requiredUser.equals(settings.username)
                && java.util.Objects.equals(server.requiredPassword, settings.password));
    if (wrong || server.faults.refuseCredentials) {
      return MemoryErrors.refused(settings.name);
    }
    server.accept(this, context.time(), settings);
    epoch = new Epoch(this);
    return null;
  }

  /** The connection goes: what it held comes back. Nothing is reported. */
  private List<MemorySender.Send> lose() {
    epoch.alive = false;
    server.connections.remove(this);
    List.copyOf(subscriptions).forEach(MemorySubscription::detach);
    List<MemorySender.Send> held = List.copyOf(epoch.held);
    epoch.held.clear();
    return held;
  }

  // ---- faults

  /** The broker cuts this connection. */
  void drop(String why) {
    loop.submit(
        new MemoryCommand() {
          private final Epoch lost = epoch;
          private List<MemorySender.Send> held = List.of();
          private boolean was;

          @Override
          void execute() {
            was = lost.alive;
            if (was) {
              boolean stored = !server.faults.blocked;
              held = lose();
              held.forEach(send -> send.lost(stored));
            }
          }

          @Override
          void report() {
            if (!was || closed) {
              return;
            }
            held.forEach(MemoryCommand::report);
            List.copyOf(subscriptions).forEach(subscription -> subscription.listener.revoked(lost));
            context.connection(Link.RECONNECTING, why, null);
            reconnectLater();
          }
        });
  }

  /** The client dies: the broker sees the connection go, the client does nothing any more. */
  void abandon() {
    server.lock.lock();
    try {
      closed = true;
      lose();
      loop.abandon();
      server.assign();
    } finally {
      server.lock.unlock();
    }
  }

  /** The alarm begins or ends. */
  void blocked(boolean now) {
    loop.submit(
        new MemoryCommand() {
          private List<MemorySender.Send> held = List.of();

          @Override
          void execute() {
            if (!now) {
              held = takeHeld(false);
            }
          }

          @Override
          void report() {
            context.connection(
                now ? Link.BLOCKED : Link.CONNECTED,
                now ? "the broker has an alarm" : "the alarm is over",
                null);
            held.forEach(MemoryCommand::report);
          }
        });
  }

  /** Confirms that were kept back go out. */
  void confirmHeld() {
    loop.submit(
        new MemoryCommand() {
          private List<MemorySender.Send> held = List.of();

          @Override
          void execute() {
            held = takeHeld(true);
          }

          @Override
          void report() {
            held.forEach(MemoryCommand::report);
          }
        });
  }

  private List<MemorySender.Send> takeHeld(boolean stored) {
    List<MemorySender.Send> held = List.copyOf(epoch.held);
    epoch.held.clear();
    held.forEach(send -> send.proceed(stored));
    return held;
  }

  private void reconnectLater() {
    long ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT << Math.min(7, failures++));
    long wait =
        refusals >= REFUSALS
            ? settings.authRetry.toMillis()
            : 1 + ThreadLocalRandom.current().nextLong(ceiling);
    context.time().schedule(Duration.ofMillis(wait), () -> loop.submit(new Reconnect()));
  }

  private final class Reconnect extends MemoryCommand {
    private @Nullable MessagingException failure;
    private final List<MemorySubscription> back = new ArrayList<>();
    private final Map<MemorySubscription, MessagingException> gone =
        new java.util.LinkedHashMap<>();

    @Override
    void execute() {
      failure = login();
      if (failure != null) {
        return;
      }
      for (MemorySubscription subscription : List.copyOf(subscriptions)) {
        try {
          subscription.attach(epoch);
          back.add(subscription);
        } catch (MessagingException e) {
          gone.put(subscription, e);
        }
      }
    }

    @Override
    void report() {
      if (closed) {
        return;
      }
      MessagingException why = failure;
      if (why == null) {
        failures = 0;
        refusals = 0;
        context.connection(Link.CONNECTED, "connected again", null);
        back.forEach(subscription -> subscription.ready(null));
        gone.forEach(MemorySubscription::ready);
        return;
      }
      boolean refused = why.code() == dev.missive.ErrorCode.AUTH;
      refusals = refused ? refusals + 1 : 0;
      if (refusals >= REFUSALS) {
        context.connection(Link.AUTH_FAILED, "refused " + refusals + " times", why);
      }
      reconnectLater();
    }
  }

  private Traits traits() {
    Map<Capability, Support> can = new EnumMap<>(Capability.class);
    for (Capability capability : Capability.values()) {
      can.put(capability, settings.without.contains(capability) ? Support.NONE : Support.NATIVE);
    }
    return new Traits(
        "1",
        can,
        settings.maxBytes,
        settings.waitInProcess,
        PRECISION,
        settings.longestHold,
        REDELIVERY);
  }
}
