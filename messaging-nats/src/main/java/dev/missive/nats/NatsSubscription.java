package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.nats.NatsPull.Feed;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Time;
import io.nats.client.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A group, its dead letters or a broadcast. Thread-safe; the lock is never held while the listener
 * runs.
 *
 * <p>What has come goes through two buffers, retries first, and from there to the listener as far
 * as the window has room. Leases of all of it are kept alive.
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
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();

  private final ArrayDeque<NatsDelivery> retries = new ArrayDeque<>();
  private final ArrayDeque<NatsDelivery> fresh = new ArrayDeque<>();
  private final ArrayDeque<NatsEpoch> revoked = new ArrayDeque<>();
  private @Nullable NatsDelivery first;
  private @Nullable NatsDelivery last;
  private int handedOver;

  private @Nullable NatsEpoch epoch;
  private @Nullable NatsPull pull;
  private List<String> consumers = List.of();
  private CompletionStage<Void> ending = CompletableFuture.completedFuture(null);
  private int failures;
  private boolean delivering;
  private boolean paused;
  private boolean stopping;
  private boolean drained;
  private boolean silent;
  private volatile boolean closed;

  NatsSubscription(NatsConnection connection, Spec spec, DeliveryListener listener) {
    this.connection = connection;
    this.spec = spec;
    this.listener = listener;
    this.sources = NatsSource.of(spec, connection.names());
    this.time = connection.time();
    keepLeases();
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
      endPull();
      end = ending;
    } finally {
      lock.unlock();
    }
    end.whenComplete((nothing, error) -> quiet());
    return stopped;
  }

  /** Nothing comes any more: what the listener has not got goes back. */
  private void quiet() {
    List<NatsDelivery> unseen = new ArrayList<>();
    lock.lock();
    try {
      drained = true;
      if (delivering || silent) {
        return;
      }
      silent = true;
      unseen.addAll(retries);
      unseen.addAll(fresh);
      retries.clear();
      fresh.clear();
      unseen.forEach(this::unlist);
    } finally {
      lock.unlock();
    }
    unseen.forEach(NatsDelivery::giveBack);
    stopped.complete(null);
  }

  @Override
  public CompletionStage<Void> close() {
    return stop()
        .thenCompose(
            nothing -> {
              List<NatsDelivery> left;
              lock.lock();
              try {
                closed = true;
                left = listed();
                left.forEach(this::unlist);
              } finally {
                lock.unlock();
              }
              left.forEach(NatsDelivery::giveBack);
              connection.forget(this);
              return connection.leave(
                  spec.kind() == Kind.BROADCAST ? consumers : List.of(), sources);
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
      consumers = List.of();
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
      retries.clear();
      fresh.clear();
      listed().forEach(this::unlist);
      revoked.add(from);
    } finally {
      lock.unlock();
    }
    pump();
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
    List<String> known;
    lock.lock();
    try {
      if (over != epoch || stopping || pull != null) {
        return;
      }
      known = consumers;
    } finally {
      lock.unlock();
    }
    try {
      List<String> found =
          known.isEmpty() ? connection.natsAdmin().consumers(spec, sources) : known;
      open(over, found);
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
      consumers = found;
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
        unwanted = silent || closed || from.epoch != epoch;
        forOthers = !unwanted && paused && from.outlivesItsEnd();
        if (!unwanted && !forOthers) {
          list(delivery);
          (direct ? retries : fresh).add(delivery);
        }
      }
      collect = more && retries.size() + fresh.size() < COLLECT;
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
      pump();
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
      pump();
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
      consumers = List.of();
    } finally {
      lock.unlock();
    }
    pump();
    again(over);
  }

  /** Asks for as much as there is room for; the lock is held. */
  private void refill() {
    NatsPull open = pull;
    if (open == null || paused || stopping) {
      return;
    }
    int window = spec.maxInFlight();
    for (Feed feed : open.feeds) {
      int own = feed.source.window();
      int all = own < 0 ? window : own;
      int credit =
          all
              - feed.asked
              - (own < 0 ? handedOver + fresh.size() + retries.size() : retries.size());
      boolean full = own >= 0 && handedOver >= window;
      if (!full && credit > 0 && (feed.asked == 0 || credit >= Math.max(1, all / 4))) {
        open.ask(feed, credit, time.nanos());
      }
    }
  }

  // ---- handing over

  /**
   * Hands over what has room, on one thread at a time: whoever finds another one at it leaves it to
   * that one, which looks again before it goes.
   */
  private void pump() {
    while (true) {
      NatsEpoch over;
      List<NatsDelivery> batch;
      lock.lock();
      try {
        if (delivering) {
          return;
        }
        over = revoked.poll();
        batch = over == null ? takeOver() : List.of();
        if (over == null && batch.isEmpty()) {
          break;
        }
        delivering = true;
      } finally {
        lock.unlock();
      }
      if (over != null) {
        listener.revoked(over);
      }
      for (int i = 0; i < batch.size(); i++) {
        listener.delivered(batch.get(i), i < batch.size() - 1);
      }
      lock.lock();
      delivering = false;
      lock.unlock();
    }
    if (mustFinish()) {
      quiet();
    }
  }

  private boolean mustFinish() {
    lock.lock();
    try {
      return drained && !silent;
    } finally {
      lock.unlock();
    }
  }

  private List<NatsDelivery> takeOver() {
    if (stopping || handedOver >= spec.maxInFlight() || retries.isEmpty() && fresh.isEmpty()) {
      return List.of();
    }
    List<NatsDelivery> batch = new ArrayList<>();
    while (handedOver < spec.maxInFlight()) {
      NatsDelivery next = retries.isEmpty() ? fresh.poll() : retries.poll();
      if (next == null) {
        break;
      }
      next.handedOver = true;
      handedOver++;
      batch.add(next);
    }
    return batch;
  }

  /** The runtime has settled one. */
  void settled(NatsDelivery delivery) {
    boolean waiting;
    lock.lock();
    try {
      unlist(delivery);
      waiting = !delivering && !stopping && !(retries.isEmpty() && fresh.isEmpty());
      refill();
    } finally {
      lock.unlock();
    }
    if (waiting) {
      connection.block(this::pump);
    }
  }

  // ---- leases

  private void keepLeases() {
    if (!over()) {
      connection.block(this::extend);
      time.schedule(connection.settings().ackWait.dividedBy(3), this::keepLeases);
    }
  }

  private boolean over() {
    return closed || connection.closed();
  }

  private void extend() {
    List<NatsDelivery> held;
    lock.lock();
    try {
      held = listed();
    } finally {
      lock.unlock();
    }
    held.forEach(NatsDelivery::keep);
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

  // ---- the list of what is unsettled, oldest first; the lock is held

  private void list(NatsDelivery delivery) {
    delivery.listed = true;
    delivery.before = last;
    if (last == null) {
      first = delivery;
    } else {
      last.after = delivery;
    }
    last = delivery;
  }

  private void unlist(NatsDelivery delivery) {
    if (!delivery.listed) {
      return;
    }
    delivery.listed = false;
    if (delivery.before == null) {
      first = delivery.after;
    } else {
      delivery.before.after = delivery.after;
    }
    if (delivery.after == null) {
      last = delivery.before;
    } else {
      delivery.after.before = delivery.before;
    }
    delivery.before = null;
    delivery.after = null;
    if (delivery.handedOver) {
      handedOver--;
    }
  }

  private List<NatsDelivery> listed() {
    List<NatsDelivery> all = new ArrayList<>();
    for (NatsDelivery d = first; d != null; d = d.after) {
      all.add(d);
    }
    return all;
  }

  /** How many of a group's messages on a stream this client holds, for measuring. */
  int holds(String stream, String consumer) {
    int held = 0;
    lock.lock();
    try {
      for (NatsSource source : sources) {
        if (source.stream().equals(stream) && consumer.equals(source.consumer())) {
          boolean direct = source.direct();
          for (NatsDelivery d = first; d != null; d = d.after) {
            held += spec.kind() == Kind.DEAD_LETTERS || d.direct() == direct ? 1 : 0;
          }
        }
      }
    } finally {
      lock.unlock();
    }
    return held;
  }
}
