package dev.missive.nats;

import dev.missive.MessagingException;
import dev.missive.nats.NatsPull.Feed;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Time;
import io.nats.client.Message;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A group, its dead letters or a broadcast. Thread-safe; the lock is never held while the listener
 * runs.
 *
 * <p>What {@link NatsPuller} brings is kept in {@link NatsHoldings} and goes from there to the
 * listener through {@link NatsHandover}. Leases of all of it are kept alive.
 */
final class NatsSubscription implements NatsFollower, NatsPuller.Owner {
  /** How many are collected before the listener gets them, while more wait on the same thread. */
  private static final int COLLECT = 64;

  private final NatsConnection connection;
  private final Spec spec;
  private final DeliveryListener listener;
  private final List<NatsSource> sources;
  private final Time time;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();

  private final NatsHoldings holdings;
  private final NatsHandover handover;
  private final NatsPuller puller;

  private volatile boolean closed;

  NatsSubscription(NatsConnection connection, Spec spec, DeliveryListener listener) {
    this.connection = connection;
    this.spec = spec;
    this.listener = listener;
    this.sources = NatsSource.of(spec, connection.names());
    this.time = connection.time();
    this.holdings = new NatsHoldings(spec.maxInFlight());
    this.handover = new NatsHandover(lock, holdings, listener);
    this.puller = new NatsPuller(connection, spec, sources, lock, holdings, this);
    new NatsLeases(connection, lock, holdings, this::over).keep();
    puller.watch();
  }

  boolean closed() {
    return closed;
  }

  @Override
  public boolean over() {
    return closed || connection.closed();
  }

  // ---- SPI

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  @Override
  public String address() {
    return spec.topic();
  }

  @Override
  public void pause() {
    puller.pause();
  }

  @Override
  public void resume() {
    puller.resume();
  }

  @Override
  public CompletionStage<Void> stop() {
    CompletionStage<Void> end;
    lock.lock();
    try {
      handover.stop();
      end = puller.stop();
    } finally {
      lock.unlock();
    }
    end.whenComplete((nothing, error) -> handover.drained());
    return handover.stopped();
  }

  @Override
  public CompletionStage<Void> close() {
    return stop()
        .thenCompose(
            nothing -> {
              List<NatsDelivery> left;
              List<String> own;
              lock.lock();
              try {
                closed = true;
                left = holdings.takeAll();
                own = puller.own();
              } finally {
                lock.unlock();
              }
              left.forEach(NatsDelivery::giveBack);
              connection.forget(this);
              return connection.leave(own, sources);
            });
  }

  // ---- links

  @Override
  public void attach(NatsLink to) {
    puller.attach(to);
  }

  @Override
  public void detach(NatsLink from) {
    lock.lock();
    try {
      if (!puller.detach(from)) {
        return;
      }
      holdings.takeAll();
      handover.revoke(from);
    } finally {
      lock.unlock();
    }
    handover.pump();
  }

  // ---- what comes

  @Override
  public void pulling() {
    ready.complete(null);
  }

  @Override
  public void failed(MessagingException why) {
    if (!ready.completeExceptionally(why)) {
      listener.failed(why);
    }
  }

  @Override
  public void pump() {
    handover.pump();
  }

  @Override
  public void message(NatsPull from, Feed feed, Message message, boolean more) {
    boolean direct = feed.source.direct();
    boolean copy = direct || spec.kind() == Kind.DEAD_LETTERS;
    NatsDelivery delivery = new NatsDelivery(this, from.link, message, spec.topic(), copy);
    Duration hold = direct ? delivery.early(time.now()) : null;
    boolean unwanted = false;
    boolean collect;
    lock.lock();
    try {
      feed.asked--;
      feed.heard = time.nanos();
      if (hold == null) {
        unwanted = handover.silent() || closed || !puller.current(from);
        if (!unwanted && puller.paused() && from.outlivesItsEnd()) {
          // For others.
          hold = from.lastsAfterEnd();
        } else if (!unwanted) {
          holdings.add(delivery, direct);
          puller.saw(delivery);
        }
      }
      collect = more && holdings.unseen() < COLLECT;
      puller.refill();
    } finally {
      lock.unlock();
    }
    if (hold != null) {
      delivery.hold(hold);
    } else if (unwanted) {
      delivery.giveBack();
    }
    if (!collect) {
      handover.pump();
    }
  }

  /** The runtime has settled one. */
  void settled(NatsDelivery delivery) {
    boolean waiting;
    lock.lock();
    try {
      holdings.remove(delivery);
      waiting = !handover.busy() && !puller.stopping() && holdings.unseen() > 0;
      puller.refill();
    } finally {
      lock.unlock();
    }
    if (waiting) {
      connection.block(handover::pump);
    }
  }

  /** How many of a group's messages on a stream this client holds, for measuring. */
  int holds(String stream, String consumer) {
    lock.lock();
    try {
      return sources.stream()
          .filter(s -> s.stream().equals(stream) && consumer.equals(s.consumer()))
          .mapToInt(s -> spec.kind() == Kind.DEAD_LETTERS ? holdings.size() : holdings.size(s))
          .sum();
    } finally {
      lock.unlock();
    }
  }
}
