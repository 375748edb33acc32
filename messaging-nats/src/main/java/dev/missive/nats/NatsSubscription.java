package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.nats.NatsPull.Feed;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Time;
import io.nats.client.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A group, its dead letters or a broadcast. Thread-safe; the lock is never held while the listener
 * runs.
 *
 * <p>What has come is kept in {@link NatsHoldings} and goes from there to the listener through
 * {@link NatsHandover}. Leases of all of it are kept alive.
 */
final class NatsSubscription implements NatsLink, NatsPull.Sink {
  /** How many are collected before the listener gets them, while more wait on the same thread. */
  private static final int COLLECT = 64;

  private static final Duration WATCH = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private final NatsConnection connection;
  private final Spec spec;
  private final DeliveryListener listener;
  private final List<NatsSource> sources;
  private final Time time;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();

  private final NatsHoldings holdings;
  private final NatsHandover handover;

  private @Nullable NatsEpoch epoch;
  private @Nullable NatsPull pull;
  private NatsConsumers consumers;
  private CompletionStage<Void> ending = CompletableFuture.completedFuture(null);
  private int failures;
  private boolean paused;
  private boolean stopping;
  private volatile boolean closed;

  NatsSubscription(NatsConnection connection, Spec spec, DeliveryListener listener) {
    this.connection = connection;
    this.spec = spec;
    this.listener = listener;
    this.sources = NatsSource.of(spec, connection.names());
    this.consumers = new NatsConsumers(connection.natsAdmin(), spec, sources);
    this.holdings = new NatsHoldings(spec.maxInFlight());
    this.handover = new NatsHandover(lock, holdings, listener);
    this.time = connection.time();
    new NatsLeases(connection, lock, holdings, this::over).keep();
    watch();
  }

  boolean closed() {
    return closed;
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
    lock.lock();
    try {
      paused = true;
      endPull();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void resume() {
    NatsEpoch over;
    lock.lock();
    try {
      paused = false;
      over = pull == null ? epoch : null;
    } finally {
      lock.unlock();
    }
    if (over != null) {
      begin(over);
    }
  }

  @Override
  public CompletionStage<Void> stop() {
    CompletionStage<Void> end;
    lock.lock();
    try {
      stopping = true;
      handover.stop();
      endPull();
      end = ending;
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
                own = consumers.own();
              } finally {
                lock.unlock();
              }
              left.forEach(NatsDelivery::giveBack);
              connection.forget(this);
              return connection.leave(own, sources);
            });
  }

  // ---- epochs

  @Override
  public void attach(NatsEpoch to) {
    lock.lock();
    try {
      if (stopping || epoch == to) {
        return;
      }
      epoch = to;
      failures = 0;
      consumers = new NatsConsumers(connection.natsAdmin(), spec, sources);
    } finally {
      lock.unlock();
    }
    begin(to);
  }

  @Override
  public void detach(NatsEpoch from) {
    lock.lock();
    try {
      if (epoch != from) {
        return;
      }
      epoch = null;
      pull = null;
      ending = CompletableFuture.completedFuture(null);
      holdings.takeAll();
      handover.revoke(from);
    } finally {
      lock.unlock();
    }
    handover.pump();
  }

  /** Looks for the consumers, then pulls. */
  private void begin(NatsEpoch over) {
    lock.lock();
    try {
      ending.whenComplete((nothing, error) -> connection.block(() -> find(over)));
    } finally {
      lock.unlock();
    }
  }

  private void find(NatsEpoch over) {
    NatsConsumers wanted;
    lock.lock();
    try {
      if (over != epoch || stopping || pull != null) {
        return;
      }
      wanted = consumers;
    } finally {
      lock.unlock();
    }
    try {
      open(over, wanted.find());
    } catch (MessagingException e) {
      if (over.alive()) {
        notFound(over, e);
      }
    }
  }

  private void open(NatsEpoch over, List<String> found) {
    lock.lock();
    try {
      if (over != epoch || stopping || pull != null) {
        return;
      }
      if (!paused) {
        pull = new NatsPull(over, sources, found, this);
        refill();
      }
    } catch (IllegalStateException e) {
      // The client was closed meanwhile; its end is on its way.
      return;
    } finally {
      lock.unlock();
    }
    ready.complete(null);
  }

  private void notFound(NatsEpoch over, MessagingException why) {
    boolean fatal = why.code() == ErrorCode.TOPIC_MISSING || !why.retryable();
    if (!fatal) {
      again(over);
    } else if (!ready.completeExceptionally(why)) {
      listener.failed(why);
    }
  }

  private void again(NatsEpoch over) {
    int tried;
    lock.lock();
    try {
      tried = failures++;
    } finally {
      lock.unlock();
    }
    time.schedule(NatsBackoff.after(tried, LONGEST_WAIT), () -> begin(over));
  }

  /** Unsubscribes; the lock is held. */
  private void endPull() {
    NatsPull open = pull;
    pull = null;
    if (open != null) {
      ending = open.end(connection::block);
    }
  }

  // ---- what comes

  @Override
  public void message(NatsPull from, Feed feed, Message message, boolean more) {
    boolean direct = feed.source.direct();
    boolean copy = direct || spec.kind() == Kind.DEAD_LETTERS;
    NatsDelivery delivery = new NatsDelivery(this, from.epoch, message, spec.topic(), copy);
    Instant now = time.now();
    Instant due = direct ? delivery.early(now) : null;
    boolean unwanted = false;
    boolean forOthers = false;
    boolean collect;
    lock.lock();
    try {
      feed.asked--;
      feed.heard = time.nanos();
      if (due == null) {
        unwanted = handover.silent() || closed || from.epoch != epoch;
        forOthers = !unwanted && paused && from.outlivesItsEnd();
        if (!unwanted && !forOthers) {
          holdings.add(delivery, direct);
          consumers.saw(delivery);
        }
      }
      collect = more && holdings.unseen() < COLLECT;
      refill();
    } finally {
      lock.unlock();
    }
    if (due != null) {
      delivery.hold(Duration.between(now, due).plusMillis(1));
    } else if (forOthers) {
      delivery.hold(from.lastsAfterEnd());
    } else if (unwanted) {
      delivery.giveBack();
    }
    if (!collect) {
      handover.pump();
    }
  }

  @Override
  public void heard(Feed feed, int notUsed, boolean more) {
    lock.lock();
    try {
      feed.heard = time.nanos();
      feed.asked = Math.max(0, feed.asked - notUsed);
      failures = 0;
      refill();
    } finally {
      lock.unlock();
    }
    if (!more) {
      handover.pump();
    }
  }

  @Override
  public void broken(NatsPull from, String why) {
    NatsEpoch over;
    lock.lock();
    try {
      over = epoch;
      if (pull != from || over == null) {
        return;
      }
      endPull();
      consumers.doubt();
    } finally {
      lock.unlock();
    }
    handover.pump();
    again(over);
  }

  /** Asks for as much as there is room for; the lock is held. */
  private void refill() {
    NatsPull open = pull;
    if (open == null || paused || stopping) {
      return;
    }
    for (Feed feed : open.feeds) {
      int credit = holdings.credit(feed);
      if (credit > 0) {
        open.ask(feed, credit, time.nanos());
      }
    }
  }

  /** The runtime has settled one. */
  void settled(NatsDelivery delivery) {
    boolean waiting;
    lock.lock();
    try {
      holdings.remove(delivery);
      waiting = !handover.busy() && !stopping && holdings.unseen() > 0;
      refill();
    } finally {
      lock.unlock();
    }
    if (waiting) {
      connection.block(handover::pump);
    }
  }

  // ---- time

  private boolean over() {
    return closed || connection.closed();
  }

  /** A pull dies with its server, and an old server does not even say so. */
  private void watch() {
    if (over()) {
      return;
    }
    NatsPull quiet;
    lock.lock();
    try {
      quiet = pull != null && pull.silent(time.nanos()) ? pull : null;
    } finally {
      lock.unlock();
    }
    if (quiet != null) {
      broken(quiet, "no heartbeat");
    }
    time.schedule(WATCH, this::watch);
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
