package dev.missive.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One flow of deliveries: one channel at a time, and one thread that alone uses it. Thread-safe;
 * what is not volatile belongs to that thread.
 */
final class RabbitSubscription implements Subscription {
  private static final Logger LOG = System.getLogger("dev.missive.rabbitmq");
  private static final int MOST_IN_FLIGHT = 65_535;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
  private static final Duration FIRST_WAIT = Duration.ofMillis(100);
  private static final Duration UNTIL_COUNTED = Duration.ofSeconds(1);

  private final RabbitConnection connection;
  private final Spec spec;
  private final DeliveryListener listener;
  private final Loop loop;

  /** What it reads alone; null for the lasting queue of a group. */
  private final @Nullable OwnQueue own;

  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile @Nullable Intake intake;
  private @Nullable String consumerTag;
  private boolean paused;
  private boolean done;
  private int failures;

  RabbitSubscription(RabbitConnection connection, Spec spec, DeliveryListener listener) {
    this.connection = connection;
    this.spec = spec;
    this.listener = listener;
    this.loop = connection.loop("consume");
    this.own =
        spec.kind() == Kind.BROADCAST || spec.kind() == Kind.REPLIES
            ? new OwnQueue(spec, connection.names())
            : null;
  }

  Kind kind() {
    return spec.kind();
  }

  Time time() {
    return connection.time();
  }

  /** The queue it reads. */
  String queue() {
    return own == null ? connection.names().queueOf(spec) : own.name();
  }

  /** How many of its deliveries the broker waits for. */
  int inFlight() {
    Intake current = intake;
    return current == null ? 0 : current.inFlight();
  }

  // ---- SPI

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  @Override
  public String address() {
    return own == null ? spec.topic() : own.name();
  }

  @Override
  public void pause() {
    loop.submit(
        next -> {
          paused = true;
          leave();
        });
  }

  /**
   * Takes nothing more. A queue with one active consumer goes over to the next one with the cancel,
   * which then gets what is newer than all that is still in hand here: order per key would be lost.
   * So whoever promises it stays until nothing is in hand, and gives the rest back by closing the
   * channel, at once and in order.
   */
  private void leave() {
    Intake current = intake;
    if (!spec.keyOrder()) {
      cancel();
    } else if (current != null && current.attached()) {
      current.hold();
      handOver(current);
    }
  }

  /**
   * Makes room for another consumer if nothing is in hand any more, for good if it was stopped: the
   * next may be this application's own, with another window. On the loop.
   */
  void handOver(Intake which) {
    if (!which.attached() || !which.heldAlone()) {
      return;
    }
    which.shut();
    which.flush();
    which.awaitSettled(queue());
    which.end();
    discard(which.getChannel());
    attachNow(which.link);
  }

  @Override
  public void resume() {
    loop.submit(
        next -> {
          paused = false;
          Intake current = intake;
          if (!done && consumerTag == null && current != null && current.attached()) {
            try {
              consume(current);
            } catch (IOException | ShutdownSignalException e) {
              broken(current, e);
            }
          }
        });
  }

  @Override
  public CompletionStage<Void> stop() {
    boolean taken =
        loop.submit(
            next -> {
              done = true;
              leave();
              ready.completeExceptionally(
                  new MessagingException(
                      ErrorCode.CLOSED, "the subscription was stopped before it stood"));
              // What came before the answer to the cancel is in line before this.
              if (!loop.submit(after -> stopped.complete(null))) {
                stopped.complete(null);
              }
            });
    if (!taken) {
      stopped.complete(null);
    }
    return stopped;
  }

  @Override
  public CompletionStage<Void> close() {
    Intake current = intake;
    boolean taken =
        loop.submit(
            next -> {
              done = true;
              shut();
              end();
            });
    if (!taken) {
      end();
    } else if (current != null) {
      // What is settled from now on comes too late; what was settled before is flushed.
      current.shut();
    }
    return ended;
  }

  /** The client is closed: nothing more comes of anything. */
  void end() {
    connection.subscriptions().remove(this);
    Intake current = intake;
    if (current != null) {
      current.end();
    }
    ready.completeExceptionally(
        new MessagingException(ErrorCode.CLOSED, "the client of RabbitMQ was closed"));
    stopped.complete(null);
    ended.complete(null);
    loop.close();
  }

  // ---- the link comes and goes

  /** Subscribes over that link; completes when that was tried. */
  CompletionStage<Void> attach(RabbitLink link) {
    CompletableFuture<Void> tried = new CompletableFuture<>();
    boolean taken =
        loop.submit(
            next -> {
              attachNow(link);
              tried.complete(null);
            });
    if (!taken) {
      tried.complete(null);
    }
    return tried;
  }

  void detach(RabbitLink link) {
    Intake current = intake;
    if (current != null && current.link == link) {
      current.shut();
      loop.submit(next -> current.detach());
    }
  }

  // ---- on the loop

  /** The channel is gone, with its link or alone. */
  void died(Intake which) {
    if (which.attached()) {
      which.detach();
      attachLater(which.link);
    }
  }

  /** The broker took the consumer away: queue deleted, leader gone, held for too long. */
  void cancelled(Intake which) {
    if (which == intake && which.attached()) {
      LOG.log(Level.DEBUG, "RabbitMQ cancelled the consumer of {0}", queue());
      which.flush();
      which.detach();
      discard(which.getChannel());
      attachNow(which.link);
    }
  }

  private void attachNow(RabbitLink link) {
    Intake current = intake;
    if (done || !link.alive() || current != null && current.attached()) {
      return;
    }
    Channel channel = null;
    try {
      channel = link.channel();
      Intake made = new Intake(channel, link, this, loop, listener, spec.maxInFlight(), letters());
      intake = made;
      if (own != null) {
        own.take(channel, link);
      } else if (spec.kind() != Kind.DEAD_LETTERS) {
        bindDelayed(channel);
        connection.topology().restore(link, queue());
      }
      channel.basicQos(Math.min(spec.maxInFlight(), MOST_IN_FLIGHT));
      consumerTag = null;
      if (paused) {
        channel.queueDeclarePassive(queue());
      } else {
        consume(made);
      }
      failures = 0;
      ready.complete(null);
    } catch (IOException | ShutdownSignalException | MessagingException e) {
      Intake made = intake;
      if (made != null && made != current) {
        made.end();
      }
      if (channel != null) {
        discard(channel);
      }
      refused(link, e);
    }
  }

  /**
   * Whoever declared the queue: a retry that waits at the broker is stored, and what it replaces is
   * acknowledged, whether anything is bound to where it falls out or not (ADR 0015).
   */
  private void bindDelayed(Channel channel) {
    RabbitNames names = connection.names();
    try {
      DelayCascade.lookAtEnds(channel);
      DelayCascade.bind(
          channel, queue(), DelayCascade.queueAddress(queue()), names.delayAddress(spec.topic()));
    } catch (IOException | ShutdownSignalException e) {
      throw RabbitErrors.ordering(
          e, "binding " + queue() + " to " + DelayCascade.DUE + ", from where retries come back,");
    }
  }

  private void refused(RabbitLink link, Exception cause) {
    MessagingException failure = RabbitErrors.ordering(cause, "subscribing to " + queue());
    if (!link.alive()) {
      return;
    }
    if (failure.retryable()) {
      attachLater(link);
      return;
    }
    deleteOwn();
    if (!ready.completeExceptionally(failure)) {
      listener.failed(failure);
    }
  }

  private void attachLater(RabbitLink link) {
    if (done || !link.alive()) {
      return;
    }
    long millis =
        Math.min(LONGEST_WAIT.toMillis(), FIRST_WAIT.toMillis() << Math.min(failures++, 20));
    time().schedule(Duration.ofMillis(millis), () -> loop.submit(next -> attachNow(link)));
  }

  private void consume(Intake into) throws IOException {
    consumerTag = into.getChannel().basicConsume(queue(), false, into);
  }

  private void cancel() {
    String tag = consumerTag;
    Intake current = intake;
    consumerTag = null;
    if (tag != null && current != null && current.attached()) {
      try {
        current.getChannel().basicCancel(tag);
      } catch (IOException | ShutdownSignalException e) {
        broken(current, e);
      }
    }
  }

  private void broken(Intake which, Exception cause) {
    LOG.log(Level.DEBUG, "a channel to " + queue() + " is gone", cause);
    which.detach();
    discard(which.getChannel());
    attachLater(which.link);
  }

  /** Flushes, gives the rest back by closing the channel, and leaves. */
  private void shut() {
    Intake current = intake;
    if (current != null && current.attached()) {
      current.shut();
      current.flush();
      Channel channel = current.getChannel();
      if (own == null) {
        current.awaitSettled(queue());
      }
      long back = current.releases() + current.inFlight();
      current.end();
      discard(channel);
      if (spec.kind() == Kind.DEAD_LETTERS && back > 0 && current.link.alive()) {
        waitUntilCounted(current.link, back);
      }
    }
    deleteOwn();
  }

  private void deleteOwn() {
    if (own != null) {
      own.delete();
    }
  }

  /** A queue counts what came back a moment later; whoever looks next must not miss it. */
  private void waitUntilCounted(RabbitLink link, long back) {
    long end = System.nanoTime() + UNTIL_COUNTED.toNanos();
    try (Channel channel = link.channel()) {
      while (channel.messageCount(queue()) < back && System.nanoTime() < end) {
        LockSupport.parkNanos(FIRST_WAIT.toNanos() / 10);
      }
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      LOG.log(Level.DEBUG, "the dead letters of " + queue() + " could not be counted", e);
    }
  }

  private @Nullable LettersOf letters() {
    String group = spec.group();
    return spec.kind() == Kind.DEAD_LETTERS && group != null
        ? new LettersOf(spec.topic(), group, connection.names().queue(spec.topic(), group))
        : null;
  }

  private static void discard(Channel channel) {
    try {
      channel.abort();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a channel goes with its connection", e);
    }
  }
}
