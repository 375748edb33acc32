package dev.missive.nats;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.missive.Message;
import dev.missive.Position;
import dev.missive.spi.Delivery;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/** One message in the hands of one subscription. Thread-safe. */
final class NatsDelivery implements Delivery {
  private static final AtomicIntegerFieldUpdater<NatsDelivery> STATE =
      AtomicIntegerFieldUpdater.newUpdater(NatsDelivery.class, "state");
  private static final int OPEN = 0;
  private static final int SETTLED = 1;

  /** Of a time that nobody can mean; the server counts nanoseconds in 64 bits. */
  private static final Duration LONGEST_HOLD = Duration.ofDays(365);

  private static final byte[] ACK = "+ACK".getBytes(US_ASCII);
  private static final byte[] NAK = "-NAK".getBytes(US_ASCII);
  private static final byte[] IN_PROGRESS = "+WPI".getBytes(US_ASCII);

  private final NatsSubscription subscription;
  private final NatsLink link;
  private final io.nats.client.Message raw;
  private final NatsMessage view;
  private final boolean direct;
  private volatile int state = OPEN;

  /** Neighbours among the unsettled ones of its subscription, which guards them. */
  @Nullable NatsDelivery before;

  @Nullable NatsDelivery after;
  boolean listed;

  /** Whether the runtime has it, and not only this adapter. */
  boolean handedOver;

  /**
   * Makes one.
   *
   * @param direct whether it was sent to this group only, so that it has no position in the topic
   */
  NatsDelivery(
      NatsSubscription subscription,
      NatsLink link,
      io.nats.client.Message raw,
      String topic,
      boolean direct) {
    this.subscription = subscription;
    this.link = link;
    this.raw = raw;
    this.view = new NatsMessage(raw, topic, true);
    this.direct = direct;
  }

  boolean direct() {
    return direct;
  }

  @Override
  public Message message() {
    return view;
  }

  @Override
  public @Nullable Position position() {
    return direct ? null : NatsMessage.position(raw);
  }

  @Override
  public Object epoch() {
    return link;
  }

  @Override
  public Settled ack() {
    return settle(ACK);
  }

  @Override
  public Settled release() {
    return settle(NAK);
  }

  private Settled settle(byte[] how) {
    if (!link.alive() || subscription.closed()) {
      return Settled.STALE;
    }
    if (!STATE.compareAndSet(this, OPEN, SETTLED)) {
      return Settled.ALREADY;
    }
    boolean told = link.tell(raw.getReplyTo(), how);
    subscription.settled(this);
    return told ? Settled.DONE : Settled.STALE;
  }

  /** Back to the server, whether or not the subscription is closed. */
  void giveBack() {
    if (STATE.compareAndSet(this, OPEN, SETTLED)) {
      link.tell(raw.getReplyTo(), NAK);
    }
  }

  /** The server shall wait for another AckWait. */
  void keep() {
    if (state == OPEN) {
      link.tell(raw.getReplyTo(), IN_PROGRESS);
    }
  }

  /** How long it must not be handled yet; null if it may be now. */
  @Nullable Duration early(Instant now) {
    Instant due = view.notBefore();
    return due != null && due.isAfter(now) ? Duration.between(now, due).plusMillis(1) : null;
  }

  /** The server shall bring it again after a while; it is nobody's until then. */
  void hold(Duration until) {
    STATE.set(this, SETTLED);
    Duration most = until.compareTo(LONGEST_HOLD) < 0 ? until : LONGEST_HOLD;
    String delay = "-NAK {\"delay\":" + most.toNanos() + "}";
    link.tell(raw.getReplyTo(), delay.getBytes(US_ASCII));
  }

  @Override
  public void failedRuns(int count) {
    // JetStream has no place for a note: a crash repeats these runs.
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return type.isInstance(raw) ? Optional.of(type.cast(raw)) : Optional.empty();
  }
}
