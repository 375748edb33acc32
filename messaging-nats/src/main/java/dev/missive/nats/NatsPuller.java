package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.nats.NatsPull.Feed;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import io.nats.client.Message;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a subscription pulling: looks for its consumers, pulls, and starts over when a pull breaks,
 * as long as a link stands and messages are wanted. Thread-safe; the lock is the subscription's.
 */
final class NatsPuller implements NatsPull.Sink {
  private static final Duration WATCH = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  /** Who wants the messages; called without the lock. */
  interface Owner {
    /** See {@link NatsPull.Sink}. */
    void message(NatsPull from, Feed feed, Message message, boolean more);

    /** What has come may be handed over: nothing else waits on this thread. */
    void pump();

    /** What is published from now on comes. */
    void pulling();

    /** It cannot be pulled. */
    void failed(MessagingException why);

    /** Whether nobody wants anything any more. */
    boolean over();
  }

  private final NatsConnection connection;
  private final Subscription.Spec spec;
  private final List<NatsSource> sources;
  private final ReentrantLock lock;
  private final NatsHoldings holdings;
  private final Owner owner;
  private final Time time;
  private @Nullable NatsLink link;
  private @Nullable NatsPull pull;
  private NatsConsumers consumers;
  private CompletionStage<Void> ending = CompletableFuture.completedFuture(null);
  private int failures;
  private boolean paused;
  private boolean stopping;

  /**
   * Makes one that has no link yet.
   *
   * @param lock guards the holdings and what is here
   * @param holdings say how much there is room for
   */
  NatsPuller(
      NatsConnection connection,
      Subscription.Spec spec,
      List<NatsSource> sources,
      ReentrantLock lock,
      NatsHoldings holdings,
      Owner owner) {
    this.connection = connection;
    this.spec = spec;
    this.sources = sources;
    this.lock = lock;
    this.holdings = holdings;
    this.owner = owner;
    this.time = connection.time();
    this.consumers = new NatsConsumers(connection.natsAdmin(), spec, sources);
  }

  // ---- what the subscription asks with its lock held

  /** Whether what comes over this pull is still of this link. */
  boolean current(NatsPull from) {
    return from.link == link;
  }

  boolean paused() {
    return paused;
  }

  boolean stopping() {
    return stopping;
  }

  /** A message was taken. */
  void saw(NatsDelivery delivery) {
    consumers.saw(delivery);
  }

  /** The consumers that are the client's own to remove. */
  List<String> own() {
    return consumers.own();
  }

  /** Asks for as much as there is room for. */
  void refill() {
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

  /** Pulls no more, for good; the stage completes when the last message has come. */
  CompletionStage<Void> stop() {
    stopping = true;
    endPull();
    return ending;
  }

  /** The link is gone; false if it is not this one's. */
  boolean detach(NatsLink from) {
    if (link != from) {
      return false;
    }
    link = null;
    pull = null;
    ending = CompletableFuture.completedFuture(null);
    return true;
  }

  // ---- what it says without it

  void pause() {
    lock.lock();
    try {
      paused = true;
      endPull();
    } finally {
      lock.unlock();
    }
  }

  void resume() {
    NatsLink over;
    lock.lock();
    try {
      paused = false;
      over = pull == null ? link : null;
    } finally {
      lock.unlock();
    }
    if (over != null) {
      begin(over);
    }
  }

  void attach(NatsLink to) {
    lock.lock();
    try {
      if (stopping || link == to) {
        return;
      }
      link = to;
      failures = 0;
      consumers = new NatsConsumers(connection.natsAdmin(), spec, sources);
    } finally {
      lock.unlock();
    }
    begin(to);
  }

  // ---- beginning, and again

  /** Looks for the consumers, then pulls. */
  private void begin(NatsLink over) {
    lock.lock();
    try {
      ending.whenComplete((nothing, error) -> connection.block(() -> find(over)));
    } finally {
      lock.unlock();
    }
  }

  private void find(NatsLink over) {
    NatsConsumers wanted;
    lock.lock();
    try {
      if (over != link || stopping || pull != null) {
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

  private void open(NatsLink over, List<String> found) {
    lock.lock();
    try {
      if (over != link || stopping || pull != null) {
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
    owner.pulling();
  }

  private void notFound(NatsLink over, MessagingException why) {
    boolean fatal = why.code() == ErrorCode.TOPIC_MISSING || !why.retryable();
    if (fatal) {
      owner.failed(why);
    } else {
      again(over);
    }
  }

  private void again(NatsLink over) {
    int tried;
    lock.lock();
    try {
      tried = failures++;
    } finally {
      lock.unlock();
    }
    Duration wait = NatsBackoff.after(tried, connection.settings());
    // The server answers, so that the reason is gone soon.
    time.schedule(wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT, () -> begin(over));
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
    owner.message(from, feed, message, more);
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
      owner.pump();
    }
  }

  @Override
  public void broken(NatsPull from, String why) {
    NatsLink over;
    lock.lock();
    try {
      over = link;
      if (pull != from || over == null) {
        return;
      }
      endPull();
      consumers.doubt();
    } finally {
      lock.unlock();
    }
    owner.pump();
    again(over);
  }

  /** A pull dies with its server, and an old server does not even say so. */
  void watch() {
    if (owner.over()) {
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
      String forbidden = quiet.forbidden();
      broken(quiet, forbidden == null ? "no heartbeat" : forbidden);
      if (forbidden != null) {
        owner.failed(NatsErrors.mayNotPull(forbidden));
      }
    }
    time.schedule(WATCH, this::watch);
  }
}
