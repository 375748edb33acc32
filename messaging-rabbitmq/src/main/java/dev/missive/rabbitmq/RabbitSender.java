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
  private final RabbitInFlight sends = new RabbitInFlight();
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
    Send send = new Send(this, to, message, notBefore, result, time.nanos());
    if (!loop.submit(send)) {
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

  void transmit(Send send) {
    Channel open = dead ? null : channel();
    if (open == null) {
      failHeld();
      send.result.failed(RabbitErrors.lost(false, why, signal));
      return;
    }
    long number = open.getNextPublishSeqNo();
    String exchange;
    String key;
    BasicProperties properties;
    try {
      long seconds = seconds(send);
      exchange = exchange(send, seconds);
      key = key(send, seconds);
      properties = RabbitMessages.properties(send.message, send.notBefore, number);
    } catch (PublishException e) {
      send.result.failed(e);
      return;
    }
    send.exchange = exchange;
    sends.put(number, send);
    watch();
    try {
      open.basicPublish(exchange, key, true, properties, RabbitMessages.body(send.message));
    } catch (IOException | ShutdownSignalException e) {
      die(RabbitErrors.said(e), e instanceof ShutdownSignalException s ? s : null);
    } catch (RuntimeException e) {
      // The client has counted what it never wrote; its numbers are wrong from now on.
      Send mine = sends.take(number);
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
    List<Send> held = new ArrayList<>();
    sends.takeAll(held);
    for (Send send : held) {
      PublishException blamed =
          RabbitErrors.blamed(send, RabbitMessages.body(send.message).length, signal);
      send.result.failed(blamed == null ? RabbitErrors.lost(true, why, signal) : blamed);
    }
  }

  private long seconds(Send send) {
    Instant due = send.notBefore;
    long millis = due == null ? 0 : Duration.between(time.now(), due).toMillis();
    // Rounded up: never early.
    long seconds = Math.max(0, (millis + 999) / 1000);
    if (seconds > DelayCascade.LONGEST_SECONDS) {
      throw RabbitErrors.tooFar(send);
    }
    return seconds;
  }

  private String exchange(Send send, long seconds) {
    if (seconds > 0 && !(send.to instanceof Destination.Reply)) {
      return DelayCascade.exchange(seconds);
    }
    return send.to instanceof Destination.Topic topic ? names.exchange(topic.topic()) : "";
  }

  private String key(Send send, long seconds) {
    if (send.to instanceof Destination.Topic topic) {
      return seconds == 0
          ? names.routingKey(topic.topic())
          : DelayCascade.key(seconds, names.delayAddress(topic.topic()));
    }
    String queue = names.queueOf(send.to);
    return seconds == 0 || send.to instanceof Destination.Reply
        ? queue
        : DelayCascade.key(seconds, DelayCascade.queueAddress(queue));
  }

  // ---- answers, on the client's thread

  private void confirmed(long number, boolean multiple, boolean stored) {
    if (multiple) {
      List<Send> all = new ArrayList<>();
      sends.takeUpTo(number, all);
      all.forEach(send -> answer(send, stored));
    } else {
      answer(sends.take(number), stored);
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

  private static void answer(@Nullable Send send, boolean stored) {
    if (send == null) {
      // Returned before, or given up at its deadline.
      return;
    }
    if (stored) {
      send.result.stored(-1, -1);
    } else {
      send.result.failed(RabbitErrors.nacked(send));
    }
  }

  private void returned(BasicProperties properties) {
    Map<String, Object> headers = properties.getHeaders();
    Object number = headers == null ? null : headers.get(RabbitMessages.SEQUENCE);
    Send send = number instanceof Long exact ? sends.take(exact) : null;
    if (send != null) {
      send.result.failed(RabbitErrors.unroutable(send, null));
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
    for (Send late = sends.takeOlderThan(oldest);
        late != null;
        late = sends.takeOlderThan(oldest)) {
      late.result.failed(RabbitErrors.tooLate(late));
    }
    sweeping.set(false);
    if (!sends.isEmpty() && !dead) {
      watch();
    }
  }
}
