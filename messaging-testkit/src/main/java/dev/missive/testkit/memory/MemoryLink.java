package dev.missive.testkit.memory;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a client is connected: logs in, loses the connection and makes it again. What is not volatile
 * is guarded by the server's lock.
 */
final class MemoryLink {
  private static final int DOUBLINGS = 20;
  private static final int REFUSALS = 3;

  private final MemoryConnection connection;
  private final BrokerContext context;
  private final Random random;
  private final List<MemorySubscription> subscriptions = new ArrayList<>();
  private volatile MemoryEpoch epoch;
  private volatile boolean closed;
  private volatile Runnable cancel = () -> {};
  private volatile Login login = new Login(null, null, null);
  private int failures;
  private int refusals;

  /** Who logs in; a failure if that could not be found out. */
  private record Login(
      @Nullable String user, @Nullable String password, @Nullable MessagingException failure) {}

  MemoryLink(MemoryConnection connection, BrokerContext context) {
    this.connection = connection;
    this.context = context;
    Long seed = connection.settings().seed;
    this.random = seed == null ? new Random() : new Random(seed);
    this.epoch = new MemoryEpoch(connection, false, false);
  }

  MemoryEpoch epoch() {
    return epoch;
  }

  /** Asks for the credentials of the next login; may block, so without the server's lock. */
  void askCredentials() {
    MemorySettings settings = connection.settings();
    try {
      login =
          new Login(
              settings.username.map(Supplier::get).orElse(null),
              settings.password.map(Supplier::get).orElse(null),
              null);
    } catch (MessagingException e) {
      login = new Login(null, null, e);
    }
  }

  // ---- with the server's lock

  @Nullable MessagingException login() {
    if (closed) {
      return MemoryErrors.closed();
    }
    Login now = login;
    if (now.failure() != null) {
      return now.failure();
    }
    MemoryServer server = connection.server();
    MessagingException refused = server.accept(connection, now.user(), now.password());
    if (refused == null) {
      epoch = new MemoryEpoch(connection, true, server.faults.blocked);
    }
    return refused;
  }

  /** One more subscription; false if it is attached only when the connection is back. */
  boolean add(MemorySubscription subscription) {
    if (closed) {
      throw MemoryErrors.closed();
    }
    subscriptions.add(subscription);
    if (epoch.alive) {
      subscription.attach(epoch);
    }
    return epoch.alive;
  }

  void forget(MemorySubscription subscription) {
    subscriptions.remove(subscription);
  }

  /**
   * Gives everything back, for good.
   *
   * @return tells everybody who waits, to be run without the lock
   */
  Runnable close() {
    closed = true;
    cancel.run();
    List<MemoryPublish> held = lose();
    List<MemorySubscription> ended = List.copyOf(subscriptions);
    return () -> {
      tell(held);
      ended.forEach(MemorySubscription::end);
    };
  }

  /** The connection goes: what it held comes back. Nothing is reported. */
  private List<MemoryPublish> lose() {
    connection.server().leave(connection);
    List.copyOf(subscriptions).forEach(MemorySubscription::detach);
    return epoch.lose();
  }

  // ---- faults

  /** The broker cuts this connection. */
  void drop(String why) {
    MemoryEpoch lost = epoch;
    connection.submit(
        new MemoryCommand() {
          private List<MemoryPublish> held = List.of();
          private List<MemorySubscription> back = List.of();
          private boolean was;

          @Override
          void execute() {
            was = lost.alive;
            if (was) {
              back = List.copyOf(subscriptions);
              held = lose();
            }
          }

          @Override
          void report() {
            tell(held);
            if (was && !closed) {
              context.connection(Link.RECONNECTING, why, null);
              back.forEach(subscription -> subscription.revoked(lost));
              reconnectLater();
            }
          }
        });
  }

  /** The alarm begins or ends. */
  void blocked(boolean now) {
    connection.submit(
        new MemoryCommand() {
          private List<MemoryPublish> done = List.of();
          private boolean alive;

          @Override
          void execute() {
            alive = epoch.alive;
            if (now) {
              epoch.blocked = true;
            } else {
              done = epoch.unblock();
            }
          }

          @Override
          void report() {
            if (alive && !closed) {
              context.connection(
                  now ? Link.BLOCKED : Link.CONNECTED,
                  now ? "the broker has an alarm" : "the alarm is over",
                  null);
            }
            tell(done);
          }
        });
  }

  /** Confirms that were kept back go out. */
  void confirmHeld() {
    connection.submit(
        new MemoryCommand() {
          private List<MemoryPublish> done = List.of();

          @Override
          void execute() {
            done = epoch.confirm();
          }

          @Override
          void report() {
            tell(done);
          }
        });
  }

  // ---- without a lock, on the I/O thread

  /** Whoever logs in during an alarm is told about it. */
  void sayIfBlocked() {
    if (epoch.blocked) {
      context.connection(Link.BLOCKED, "the broker has an alarm", null);
    }
  }

  private static void tell(List<MemoryPublish> done) {
    done.forEach(send -> MemoryLoop.guarded(send::tell));
  }

  private void reconnectLater() {
    MemorySettings settings = connection.settings();
    long doubled = settings.retryDelay.toMillis() << Math.min(DOUBLINGS, failures++);
    long ceiling = Math.min(settings.longestRetryDelay.toMillis(), doubled);
    long wait =
        refusals >= REFUSALS
            ? settings.authRetry.toMillis()
            : 1 + random.nextLong(Math.max(1, ceiling));
    cancel =
        context
            .time()
            .schedule(Duration.ofMillis(wait), () -> connection.submitLogin(new Reconnect()));
    if (closed) {
      cancel.run();
    }
  }

  private final class Reconnect extends MemoryCommand {
    private @Nullable MessagingException failure;
    private final List<MemorySubscription> back = new ArrayList<>();
    private final Map<MemorySubscription, MessagingException> gone = new LinkedHashMap<>();

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
    void broken(Throwable defect) {
      failure = MemoryErrors.defect(defect);
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
        sayIfBlocked();
        back.forEach(subscription -> subscription.ready(null));
        gone.forEach(MemorySubscription::ready);
        return;
      }
      refusals = why.code() == ErrorCode.AUTH ? refusals + 1 : 0;
      if (refusals >= REFUSALS) {
        context.connection(Link.AUTH_FAILED, "refused " + refusals + " times", why);
      }
      reconnectLater();
    }
  }
}
