package dev.missive.nats;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.nats.client.Dispatcher;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Pull requests of one subscription over one link, with an inbox per source. Credit is exact: a
 * pull that ends says how much of it was not used. When that is not said, or nothing is heard, this
 * object is thrown away, with its inboxes, and another one starts over.
 *
 * <p>Fields are guarded by the subscription's lock.
 */
final class NatsPull {
  private static final Duration EXPIRES = Duration.ofSeconds(5);
  private static final Duration EXPIRES_SOON = Duration.ofSeconds(1);
  private static final Duration LATE = Duration.ofMillis(500);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(5);
  private static final Duration HEARTBEAT = Duration.ofSeconds(1);

  /** Two missed heartbeats, and something for a machine that has other things to do. */
  private static final Duration SILENCE = Duration.ofMillis(3500);

  private static final int IDLE_HEARTBEAT = 100;
  private static final int PULL_ENDED = 408;
  private static final String NOT_USED = "Nats-Pending-Messages";

  /** One source and what was asked of it and has not come. */
  static final class Feed {
    final NatsSource source;
    final String consumer;
    final String inbox;

    /** Written under the lock. */
    volatile int asked;

    long heard;

    Feed(NatsSource source, String consumer, String inbox) {
      this.source = source;
      this.consumer = consumer;
      this.inbox = inbox;
    }
  }

  /** What a subscription does with what comes; called on the dispatcher's thread. */
  interface Sink {
    /**
     * A message has come.
     *
     * @param more whether something else waits on this thread already
     */
    void message(NatsPull from, Feed feed, Message message, boolean more);

    /** A sign of life, and how much of a pull that has ended was not used. */
    void heard(Feed feed, int notUsed, boolean more);

    /** It is not known any more what was asked for. */
    void broken(NatsPull from, String why);
  }

  final NatsLink link;
  final List<Feed> feeds = new ArrayList<>();
  private final Sink sink;
  private final Dispatcher dispatcher;
  private final Duration expires;
  private final Duration heartbeat;
  private final long began = System.nanoTime();
  private @Nullable CompletionStage<Void> ended;

  /**
   * Makes one that has asked for nothing.
   *
   * @param consumers the names of the consumers, in the order of the sources
   */
  NatsPull(NatsLink link, List<NatsSource> sources, List<String> consumers, Sink sink) {
    this.link = link;
    this.sink = sink;
    this.expires = link.remembersPulls() ? EXPIRES_SOON : EXPIRES;
    // The server wants it to be at most half of the time.
    this.heartbeat =
        expires.dividedBy(2).compareTo(HEARTBEAT) < 0 ? expires.dividedBy(2) : HEARTBEAT;
    this.dispatcher = link.dispatcher(unwanted -> {});
    for (int i = 0; i < sources.size(); i++) {
      Feed feed = new Feed(sources.get(i), consumers.get(i), link.client.createInbox());
      feeds.add(feed);
      dispatcher.subscribe(feed.inbox, message -> arrived(feed, message));
    }
  }

  /** Asks a source for messages. */
  void ask(Feed feed, int batch, long now) {
    String request =
        "{\"batch\":"
            + batch
            + ",\"expires\":"
            + expires.toNanos()
            + ",\"idle_heartbeat\":"
            + heartbeat.toNanos()
            + "}";
    feed.heard = feed.asked == 0 ? now : feed.heard;
    feed.asked += batch;
    try {
      link.publish(subject(feed), feed.inbox, null, request.getBytes(US_ASCII));
    } catch (IllegalStateException e) {
      // The connection has just gone; its end is on its way.
    }
  }

  private static String subject(Feed feed) {
    return "$JS.API.CONSUMER.MSG.NEXT." + feed.source.stream() + "." + feed.consumer;
  }

  /** How the server forbids these pulls; null if it does not. */
  @Nullable String forbidden() {
    String violation = link.violation(began);
    return violation != null
            && feeds.stream().anyMatch(feed -> violation.contains('"' + subject(feed) + '"'))
        ? violation
        : null;
  }

  /** Whether a source that owes messages or heartbeats has said nothing for too long. */
  boolean silent(long now) {
    for (Feed feed : feeds) {
      if (feed.asked > 0 && now - feed.heard > SILENCE.toNanos()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Unsubscribes. What the server has sent until then still arrives before the stage completes,
   * because the answer to a ping comes after it.
   */
  CompletionStage<Void> end(Executor blocking) {
    CompletionStage<Void> known = ended;
    if (known != null) {
      return known;
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    ended = done;
    blocking.execute(
        () -> {
          awaitExpiry();
          link.drain(dispatcher).whenComplete((drained, error) -> done.complete(null));
        });
    return done;
  }

  /** Whether messages may come for a while after the end, which others are to have. */
  boolean outlivesItsEnd() {
    return link.remembersPulls();
  }

  /** How long after the end nothing can come any more. */
  Duration lastsAfterEnd() {
    return expires.plus(LATE);
  }

  /** On servers that remember them pull requests are waited for; they are short there. */
  private void awaitExpiry() {
    long end = System.nanoTime() + lastsAfterEnd().toNanos();
    while (outlivesItsEnd() && link.alive() && owed() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
    }
  }

  private boolean owed() {
    return feeds.stream().anyMatch(feed -> feed.asked > 0);
  }

  private void arrived(Feed feed, Message message) {
    boolean more = dispatcher.getPendingMessageCount() > 0;
    if (!message.isStatusMessage()) {
      sink.message(this, feed, message, more);
      return;
    }
    int code = message.getStatus().getCode();
    int left = code == IDLE_HEARTBEAT ? 0 : code == PULL_ENDED ? notUsed(message) : -1;
    if (left >= 0) {
      sink.heard(feed, left, more);
    } else {
      sink.broken(this, code + " " + message.getStatus().getMessage());
    }
  }

  private static int notUsed(Message status) {
    Headers headers = status.hasHeaders() ? status.getHeaders() : null;
    String left = headers == null ? null : headers.getFirst(NOT_USED);
    try {
      return left == null ? -1 : Integer.parseInt(left);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
