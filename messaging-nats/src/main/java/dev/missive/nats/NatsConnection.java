package dev.missive.nats;

import dev.missive.MessagingException;
import dev.missive.PublishException.Outcome;
import dev.missive.spi.Admin;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Gaps;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import io.nats.client.Options;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One client of NATS, as the runtime sees it. Thread-safe. */
final class NatsConnection implements Broker {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final NatsSettings settings;
  private final NatsNames names;
  private final Time time;
  private final NatsThreads threads;
  private final NatsAdmin admin;
  private final List<NatsFollower> followers = new CopyOnWriteArrayList<>();
  private final NatsConnector connector;
  private final Object lock = new Object();
  private @Nullable CompletableFuture<Void> closing;

  NatsConnection(
      BrokerContext context,
      NatsSettings settings,
      NatsNames names,
      UnaryOperator<Options.Builder> custom) {
    this.settings = settings;
    this.names = names;
    this.time = context.time();
    this.threads = new NatsThreads(context);
    this.admin = new NatsAdmin(this);
    NatsOptions options = new NatsOptions(settings, custom);
    this.connector = new NatsConnector(context, settings, options, threads, followers);
  }

  // ---- for its parts

  NatsSettings settings() {
    return settings;
  }

  NatsNames names() {
    return names;
  }

  Time time() {
    return time;
  }

  NatsAdmin natsAdmin() {
    return admin;
  }

  List<NatsFollower> followers() {
    return followers;
  }

  boolean closed() {
    return connector.closed();
  }

  /** Runs something that may block. */
  void block(Runnable task) {
    threads.block(task);
  }

  /**
   * What stands now.
   *
   * @throws MessagingException BROKER_UNREACHABLE if nothing does
   */
  NatsLink link(String what) {
    NatsLink now = connector.link();
    if (now == null) {
      throw NatsErrors.unreachable(what);
    }
    return now;
  }

  void forget(NatsFollower follower) {
    followers.remove(follower);
  }

  /** A subscription goes: what it told the server has arrived before the stage completes. */
  CompletionStage<Void> leave(List<String> consumers, List<NatsSource> sources) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    NatsLink over = connector.link();
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
            connector.open(done::complete);
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  @Override
  public Sender sender(Duration deadline) {
    NatsLink over = connector.link();
    if (over == null) {
      return (to, message, notBefore, result) ->
          threads.events.execute(() -> result.failed(NatsErrors.lost(Outcome.NOT_STORED)));
    }
    Duration most =
        deadline.compareTo(settings.publishTimeout) < 0 ? deadline : settings.publishTimeout;
    expire(over, most);
    NatsRetention retention = new NatsRetention(this, over, most);
    return new NatsSender(over, retention, settings, names, time, threads.events);
  }

  /** One timer for all messages: an answer that was lost must not keep a place for ever. */
  private void expire(NatsLink over, Duration most) {
    if (!over.alive() || closed()) {
      return;
    }
    threads.inLine(() -> over.expire(time.nanos() - most.toNanos()));
    Duration half = most.dividedBy(2);
    time.schedule(half.compareTo(SECOND) < 0 ? half : SECOND, () -> expire(over, most));
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    NatsFollower made =
        spec.kind() == Subscription.Kind.REPLIES
            ? new NatsReplies(this, listener)
            : new NatsSubscription(this, spec, listener);
    followers.add(made);
    threads.inLine(
        () -> {
          NatsLink now = connector.link();
          if (now != null && followers.contains(made)) {
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
    NatsLink now = connector.link();
    if (type == AtomicSender.class) {
      return Optional.of(type.cast(atomicSender(now)));
    } else if (type == Gaps.class) {
      Gaps gaps = NatsTraits::why;
      return Optional.of(type.cast(gaps));
    }
    return now != null && type.isInstance(now.client)
        ? Optional.of(type.cast(now.client))
        : Optional.empty();
  }

  private AtomicSender atomicSender(@Nullable NatsLink over) {
    return over == null
        ? messages -> CompletableFuture.failedFuture(NatsErrors.lost(Outcome.NOT_STORED))
        : new NatsAtomicSender(over, names, time);
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    synchronized (lock) {
      if (closing != null) {
        return closing;
      }
      closing = done;
    }
    NatsLink last = connector.end();
    Runnable end =
        () -> {
          if (done.complete(null)) {
            threads.end();
          }
        };
    // A server that hangs does not keep its client.
    Runnable cancel = time.schedule(atMost, end);
    block(
        () -> {
          if (last != null) {
            last.end();
            last.shut();
          }
          cancel.run();
          end.run();
        });
    return done;
  }
}
