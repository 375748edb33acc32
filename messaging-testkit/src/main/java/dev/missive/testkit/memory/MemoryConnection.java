package dev.missive.testkit.memory;

import dev.missive.Capability;
import dev.missive.Capability.Support;
import dev.missive.MessagingException;
import dev.missive.spi.Admin;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Seeker;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One client of the in-memory broker. Everything it does is a command to its {@link MemoryLoop}, in
 * the order it was asked for. Thread-safe.
 */
final class MemoryConnection implements Broker {
  private static final Duration REDELIVERY = Duration.ofSeconds(1);
  private static final Duration PRECISION = Duration.ofSeconds(1);

  private final BrokerContext context;
  private final MemorySettings settings;
  private final MemoryServer server;
  private final MemoryLoop loop;
  private final MemoryAdmin admin;
  private final MemoryLink link;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  MemoryConnection(BrokerContext context, MemorySettings settings) {
    this.context = context;
    this.settings = settings;
    this.server = MemoryServer.named(settings.name);
    this.loop = new MemoryLoop(server, context.threads("io"), context.time());
    this.admin = new MemoryAdmin(this);
    this.link = new MemoryLink(this, context);
  }

  MemoryServer server() {
    return server;
  }

  MemorySettings settings() {
    return settings;
  }

  MemoryLink link() {
    return link;
  }

  Time time() {
    return context.time();
  }

  String clientName() {
    return context.clientName();
  }

  void submit(MemoryCommand command) {
    loop.submit(command);
  }

  /** A command that needs the credentials. */
  void submitLogin(MemoryCommand command) {
    loop.submit(command, link::askCredentials);
  }

  void settle(MemoryDelivery delivery) {
    loop.settle(delivery);
  }

  void pumpNeeded(MemorySubscription subscription) {
    loop.pump(subscription);
  }

  // ---- SPI

  @Override
  public CompletionStage<Traits> connect() {
    CompletableFuture<Traits> done = new CompletableFuture<>();
    submitLogin(
        new MemoryCommand() {
          private @Nullable MessagingException failure;

          @Override
          void execute() {
            failure = link.login();
          }

          @Override
          void broken(Throwable defect) {
            failure = MemoryErrors.defect(defect);
          }

          @Override
          void report() {
            if (failure != null) {
              done.completeExceptionally(failure);
              return;
            }
            done.complete(traits());
            link.sayIfBlocked();
          }
        });
    return done;
  }

  @Override
  public Sender sender(Duration deadline) {
    return new MemorySender(this, link.epoch());
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    MemorySubscription subscription = new MemorySubscription(spec, listener, this);
    submit(
        new MemoryCommand() {
          private @Nullable MessagingException failure;
          private boolean attached;

          @Override
          void execute() {
            try {
              attached = link.add(subscription);
            } catch (MessagingException e) {
              failure = e;
            }
          }

          @Override
          void broken(Throwable defect) {
            failure = MemoryErrors.defect(defect);
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
            ? new MemorySender(this, link.epoch())
            : type == Seeker.class ? admin : null;
    return type.isInstance(part) ? Optional.of(type.cast(part)) : Optional.empty();
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    if (!closing.compareAndSet(false, true)) {
      return closed;
    }
    // A broker that hangs does not keep its client: that one cuts the connection.
    Runnable inTime = context.time().schedule(atMost, this::cut);
    closed.whenComplete((done, error) -> inTime.run());
    submit(
        new MemoryCommand() {
          private Runnable ending = () -> {};

          @Override
          void execute() {
            ending = link.close();
          }

          @Override
          void report() {
            ending.run();
            loop.close(() -> closed.complete(null));
          }
        });
    return closed;
  }

  private void cut() {
    Runnable ending;
    server.lock.lock();
    try {
      ending = link.close();
      server.assign();
    } finally {
      server.lock.unlock();
    }
    ending.run();
    loop.close(() -> {});
    closed.complete(null);
  }

  /** The client dies: the broker sees the connection go, the client does nothing any more. */
  void abandon() {
    server.lock.lock();
    try {
      link.close();
      loop.abandon();
      server.assign();
    } finally {
      server.lock.unlock();
    }
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
    submit(
        new MemoryCommand() {
          private @Nullable T answer;
          private @Nullable MessagingException failure;

          @Override
          void execute() {
            try {
              if (!link.epoch().alive) {
                throw MemoryErrors.unreachable(settings.name);
              }
              answer = question.get();
            } catch (MessagingException e) {
              failure = e;
            }
          }

          @Override
          void broken(Throwable defect) {
            failure = MemoryErrors.defect(defect);
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
