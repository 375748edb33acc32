package dev.missive.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import dev.missive.spi.DeliveryListener;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What one channel delivers, and what it is told back: the epoch of its deliveries. The client
 * calls it on its reading thread, handlers settle on theirs; both only hand over to the loop of the
 * subscription, which alone touches the channel.
 */
final class Intake extends DefaultConsumer {
  private static final Logger LOG = System.getLogger("dev.missive.rabbitmq");
  private static final Duration FLUSH = Duration.ofMillis(5);
  private static final Map<String, Object> LAST_IN_LINE = Map.of("x-priority", -100);

  private final RabbitSubscription owner;
  private final Loop loop;
  private final DeliveryListener listener;
  private final @Nullable LettersOf letters;
  private final int eager;
  private final ConcurrentLinkedQueue<RabbitDelivery> acked = new ConcurrentLinkedQueue<>();
  private final AtomicInteger ackedCount = new AtomicInteger();
  private final AtomicBoolean flushing = new AtomicBoolean();
  private final AtomicInteger inFlight = new AtomicInteger();
  final RabbitLink link;
  private volatile boolean open = true;
  private volatile long lastFlush;

  // Touched by the loop only.
  private boolean attached = true;
  private @Nullable RabbitDelivery first;
  private @Nullable RabbitDelivery last;
  private long releases;
  private boolean holding;

  /** How many the listener has and has not settled. */
  private int out;

  Intake(
      Channel channel,
      RabbitLink link,
      RabbitSubscription owner,
      Loop loop,
      DeliveryListener listener,
      int window,
      @Nullable LettersOf letters) {
    super(channel);
    this.link = link;
    this.owner = owner;
    this.loop = loop;
    this.listener = listener;
    this.eager = Math.max(1, window / 4);
    this.letters = letters;
    this.lastFlush = owner.time().nanos() - FLUSH.toNanos();
    channel.addShutdownListener(this::shutdown);
  }

  // ---- on the client's thread

  @Override
  public void handleDelivery(
      String consumerTag, Envelope envelope, BasicProperties properties, byte[] body) {
    loop.submit(new RabbitDelivery(this, envelope, properties, body, letters));
  }

  @Override
  public void handleCancel(String consumerTag) {
    loop.submit(next -> owner.cancelled(this));
  }

  private void shutdown(ShutdownSignalException cause) {
    open = false;
    // If the connection went, its loss is reported first and then ends this.
    if (!cause.isHardError()) {
      loop.submit(next -> owner.died(this));
    }
  }

  // ---- on any thread

  /** Notes a settlement; false if the channel is gone and the broker gives the message away. */
  boolean settled(RabbitDelivery delivery, RabbitDelivery.State how) {
    if (!open) {
      return false;
    }
    if (how == RabbitDelivery.State.RELEASED) {
      return loop.submit(
          next -> {
            release(delivery);
            owner.handOver(this);
          });
    }
    acked.add(delivery);
    if (!open && acked.remove(delivery)) {
      // Shut meanwhile, and the last flush did not see it.
      return false;
    }
    int waiting = ackedCount.incrementAndGet();
    if (waiting == eager) {
      loop.submit(next -> flushAndHandOver());
    } else if (flushing.compareAndSet(false, true)) {
      long quiet = owner.time().nanos() - lastFlush;
      if (quiet > FLUSH.toNanos()) {
        // Nobody acknowledged for a while: no reason to let this one wait, or be lost by a crash.
        loop.submit(next -> flushAndHandOver());
      } else {
        owner.time().schedule(FLUSH, () -> loop.submit(next -> flushAndHandOver()));
      }
    }
    return true;
  }

  /** How many deliveries the broker waits for. */
  int inFlight() {
    return inFlight.get();
  }

  /** Answers STALE from now on; a flush after this is the last and misses nothing. */
  void shut() {
    open = false;
  }

  // ---- on the loop

  void deliver(RabbitDelivery delivery, boolean more) {
    if (!attached) {
      return;
    }
    delivery.before = last;
    if (last == null) {
      first = delivery;
    } else {
      last.after = delivery;
    }
    last = delivery;
    delivery.linked = true;
    inFlight.incrementAndGet();
    if (!holding) {
      out++;
      listener.delivered(delivery, more);
    }
  }

  /** Whether deliveries of it still count. */
  boolean attached() {
    return attached;
  }

  /**
   * From now on keeps what comes and what is given back, all of which goes back in its order when
   * the channel is closed.
   */
  void hold() {
    holding = true;
  }

  /** Whether it holds, and the listener has nothing more of it. */
  boolean heldAlone() {
    return holding && out == 0;
  }

  private void flushAndHandOver() {
    flush();
    owner.handOver(this);
  }

  /** How many it has given back. */
  long releases() {
    return releases;
  }

  /** Its channel is gone, or about to go. */
  void detach() {
    if (attached) {
      attached = false;
      open = false;
      first = null;
      last = null;
      inFlight.set(0);
      acked.clear();
      listener.revoked(this);
    }
  }

  /** No more deliveries will be taken or settled; nobody has to hear of it. */
  void end() {
    attached = false;
    open = false;
    inFlight.set(0);
  }

  /**
   * Tells the broker what was acknowledged: the unbroken run from the oldest in one frame, the
   * others one by one. A frame for many must name a delivery the broker still waits for.
   */
  void flush() {
    lastFlush = owner.time().nanos();
    flushing.set(false);
    ackedCount.set(0);
    if (!attached || acked.isEmpty()) {
      return;
    }
    try {
      RabbitDelivery run = null;
      while (first != null && first.state() == RabbitDelivery.State.ACKED) {
        run = first;
        unlink(first);
      }
      if (run != null) {
        getChannel().basicAck(run.tag, true);
      }
      for (RabbitDelivery one = acked.poll(); one != null; one = acked.poll()) {
        if (one.linked) {
          unlink(one);
          getChannel().basicAck(one.tag, false);
        }
      }
    } catch (IOException | ShutdownSignalException e) {
      // The channel is gone; its listener sees to that, and the broker delivers again.
      open = false;
    }
  }

  /**
   * Returns when the queue has what it was told. The broker's end of a channel puts settlements for
   * a quorum queue aside while more than 32 are on their way, and forgets them if the channel is
   * closed then (SOFT_LIMIT in rabbit_fifo_client.erl, 3.10 to 4.3). A new consumer travels the
   * same way and is answered after them; it comes last in line, gets one message at most, and gives
   * it back with the rest.
   */
  void awaitSettled(String queue) {
    Channel channel = getChannel();
    try {
      channel.basicQos(1);
      channel.basicConsume(queue, false, LAST_IN_LINE, new DefaultConsumer(channel));
    } catch (IOException | ShutdownSignalException e) {
      LOG.log(Level.DEBUG, "what was settled last may come again from " + queue, e);
    }
  }

  private void release(RabbitDelivery delivery) {
    if (!attached || !delivery.linked) {
      return;
    }
    if (holding) {
      out--;
      return;
    }
    unlink(delivery);
    releases++;
    try {
      getChannel().basicReject(delivery.tag, true);
    } catch (IOException | ShutdownSignalException e) {
      open = false;
    }
  }

  private void unlink(RabbitDelivery delivery) {
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
    delivery.linked = false;
    out--;
    inFlight.decrementAndGet();
  }
}
