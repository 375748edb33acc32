package dev.missive.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.missive.Message;
import dev.missive.PublishException;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Time;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Publishes on one channel, from one thread, because a socket that is full would hold whoever
 * writes. Lives as long as its channel (ADR 0012). Thread-safe.
 */
final class RabbitSender implements Sender {
  private static final Duration LONGEST_SWEEP = Duration.ofSeconds(1);

  /** After so long without one confirm among refusals it may be the channel that is wrong. */
  private static final Duration REFUSED_TOO_LONG = Duration.ofSeconds(3);

  private final @Nullable RabbitLink link;
  private final Loop loop;
  private final RabbitNames names;
  private final Time time;
  private final Duration deadline;
  private final PublishRing ring = new PublishRing();
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private volatile boolean dead;
  private volatile String why = "it was never there";
  private volatile @Nullable ShutdownSignalException signal;
  private @Nullable Channel channel;

  // Touched by the client's thread only.
  private boolean refusing;
  private long refusedSince;

  RabbitSender(
      @Nullable RabbitLink link, Loop loop, RabbitNames names, Time time, Duration deadline) {
    this.link = link;
    this.loop = loop;
    this.names = names;
    this.time = time;
    this.deadline = deadline;
    this.dead = link == null;
  }

  /** Makes the channel ready, so that the first message need not wait for it. */
  void open() {
    loop.submit(
        next -> {
          if (!dead) {
            channel();
          }
        });
  }

  @Override
  public void send(Destination to, Message message, @Nullable Instant notBefore, Result result) {
    Attempt attempt = new Attempt(this, to, message, notBefore, result, time.nanos());
    if (!loop.submit(attempt)) {
      time.schedule(
          Duration.ZERO, () -> result.failed(RabbitErrors.lost(false, "it was closed", null)));
    }
  }

  /**
   * The connection or the channel is gone: fails what is held, in order, and everything after that.
   *
   * @return when what was held has failed
   */
  CompletionStage<Void> die(String reason, @Nullable ShutdownSignalException cause) {
    if (!dead) {
      why = reason;
      signal = cause;
      dead = true;
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    boolean taken =
        loop.submit(
            next -> {
              failHeld();
              done.complete(null);
            });
    if (!taken) {
      done.complete(null);
    }
    return done;
  }

  // ---- on the publishing thread

  void transmit(Attempt attempt) {
    Channel open = dead ? null : channel();
    if (open == null) {
      failHeld();
      attempt.result.failed(RabbitErrors.lost(false, why, signal));
      return;
    }
    long number = open.getNextPublishSeqNo();
    String exchange;
    String key;
    BasicProperties properties;
    try {
      long seconds = seconds(attempt);
      exchange = exchange(attempt, seconds);
      key = key(attempt, seconds);
      properties = RabbitMessages.properties(attempt.message, attempt.notBefore, number);
    } catch (PublishException e) {
      attempt.result.failed(e);
      return;
    }
    attempt.exchange = exchange;
    ring.put(number, attempt);
    watch();
    try {
      open.basicPublish(exchange, key, true, properties, RabbitMessages.body(attempt.message));
    } catch (IOException | ShutdownSignalException e) {
      die(RabbitErrors.said(e), e instanceof ShutdownSignalException s ? s : null);
    } catch (RuntimeException e) {
      // The client has counted what it never wrote; its numbers are wrong from now on.
      Attempt mine = ring.take(number);
      if (mine != null) {
        mine.result.failed(RabbitErrors.unfit(mine, e));
      }
      die("the client could not write a message", null);
      discard(open);
    }
  }

  private @Nullable Channel channel() {
    if (channel == null && link != null) {
      try {
        Channel made = link.publishing.createChannel();
        if (made == null) {
          throw new IOException("the broker allows no more channels");
        }
        made.addShutdownListener(cause -> die(RabbitErrors.said(cause), cause));
        made.addConfirmListener(
            (number, multiple) -> confirmed(number, multiple, true),
            (number, multiple) -> confirmed(number, multiple, false));
        made.addReturnListener(
            (code, text, exchange, key, properties, body) -> returned(properties));
        made.confirmSelect();
        channel = made;
      } catch (IOException | ShutdownSignalException e) {
        die(RabbitErrors.said(e), null);
      }
    }
    return dead ? null : channel;
  }

  private static void discard(Channel channel) {
    try {
      channel.abort();
    } catch (IOException e) {
      // It goes with its connection.
    }
  }

  private void failHeld() {
    List<Attempt> held = new ArrayList<>();
    ring.takeAll(held);
    for (Attempt attempt : held) {
      PublishException blamed =
          RabbitErrors.blamed(attempt, RabbitMessages.body(attempt.message).length, signal);
      attempt.result.failed(blamed == null ? RabbitErrors.lost(true, why, signal) : blamed);
    }
  }

  private long seconds(Attempt attempt) {
    Instant due = attempt.notBefore;
    long millis = due == null ? 0 : Duration.between(time.now(), due).toMillis();
    // Rounded up: never early.
    long seconds = Math.max(0, (millis + 999) / 1000);
    if (seconds > DelayCascade.LONGEST_SECONDS) {
      throw RabbitErrors.tooFar(attempt);
    }
    return seconds;
  }

  private String exchange(Attempt attempt, long seconds) {
    if (seconds > 0 && !(attempt.to instanceof Destination.Reply)) {
      return DelayCascade.exchange(seconds);
    }
    return attempt.to instanceof Destination.Topic topic ? names.exchange(topic.topic()) : "";
  }

  private String key(Attempt attempt, long seconds) {
    if (attempt.to instanceof Destination.Topic topic) {
      String key = names.routingKey(topic.topic());
      return seconds == 0 ? key : DelayCascade.key(seconds, DelayCascade.topicAddress(key));
    }
    String queue = names.queueOf(attempt.to);
    return seconds == 0 || attempt.to instanceof Destination.Reply
        ? queue
        : DelayCascade.key(seconds, DelayCascade.queueAddress(queue));
  }

  // ---- answers, on the client's thread

  private void confirmed(long number, boolean multiple, boolean stored) {
    if (multiple) {
      List<Attempt> all = new ArrayList<>();
      ring.takeUpTo(number, all);
      all.forEach(attempt -> answer(attempt, stored));
    } else {
      answer(ring.take(number), stored);
    }
    noteRefusals(stored);
  }

  /**
   * Leaves a channel that does nothing but refuse. On 3.10 the broker's end of a channel stays like
   * that after a quorum queue has lost its leader, while any other channel is served (observed with
   * 3.10.8, three nodes killed in turn; 4.3.6 does not do that).
   */
  private void noteRefusals(boolean stored) {
    if (stored) {
      refusing = false;
      return;
    }
    long now = time.nanos();
    if (!refusing) {
      refusing = true;
      refusedSince = now;
    } else if (now - refusedSince > REFUSED_TOO_LONG.toNanos() && !dead) {
      die("RabbitMQ refused every message for " + REFUSED_TOO_LONG.toSeconds() + " s", null);
      loop.submit(
          next -> {
            Channel open = channel;
            if (open != null) {
              discard(open);
            }
          });
    }
  }

  private static void answer(@Nullable Attempt attempt, boolean stored) {
    if (attempt == null) {
      // Returned before, or given up at its deadline.
      return;
    }
    if (stored) {
      attempt.result.stored(-1, -1);
    } else {
      attempt.result.failed(RabbitErrors.nacked(attempt));
    }
  }

  private void returned(BasicProperties properties) {
    Map<String, Object> headers = properties.getHeaders();
    Object number = headers == null ? null : headers.get(RabbitMessages.SEQUENCE);
    Attempt attempt = number instanceof Long exact ? ring.take(exact) : null;
    if (attempt != null) {
      attempt.result.failed(RabbitErrors.unroutable(attempt, null));
    }
  }

  // ---- deadlines, on the clock's thread

  private void watch() {
    if (sweeping.compareAndSet(false, true)) {
      Duration tenth = deadline.dividedBy(10);
      time.schedule(tenth.compareTo(LONGEST_SWEEP) < 0 ? tenth : LONGEST_SWEEP, this::sweep);
    }
  }

  private void sweep() {
    long oldest = time.nanos() - deadline.toNanos();
    for (Attempt late = ring.takeOlderThan(oldest);
        late != null;
        late = ring.takeOlderThan(oldest)) {
      late.result.failed(RabbitErrors.tooLate(late));
    }
    sweeping.set(false);
    if (!ring.isEmpty() && !dead) {
      watch();
    }
  }
}
