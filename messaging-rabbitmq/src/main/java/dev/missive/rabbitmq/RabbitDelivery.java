package dev.missive.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import dev.missive.Message;
import dev.missive.Position;
import dev.missive.spi.Delivery;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/** One message in our hands, on one channel. Thread-safe, apart from what belongs to the loop. */
final class RabbitDelivery implements Delivery, Loop.Task {
  /** What has become of it. */
  enum State {
    OPEN,
    ACKED,
    RELEASED
  }

  private static final AtomicReferenceFieldUpdater<RabbitDelivery, State> STATE =
      AtomicReferenceFieldUpdater.newUpdater(RabbitDelivery.class, State.class, "state");

  final Intake intake;
  final long tag;
  private final Envelope envelope;
  private final BasicProperties properties;
  private final RabbitMessage message;
  private volatile State state = State.OPEN;

  /** Neighbours among those the broker waits for, in order; touched by the loop only. */
  @Nullable RabbitDelivery before;

  @Nullable RabbitDelivery after;
  boolean linked;

  RabbitDelivery(
      Intake intake,
      Envelope envelope,
      BasicProperties properties,
      byte[] body,
      @Nullable LettersOf letters) {
    this.intake = intake;
    this.tag = envelope.getDeliveryTag();
    this.envelope = envelope;
    this.properties = properties;
    this.message = new RabbitMessage(envelope, properties, body, letters);
  }

  @Override
  public void run(Loop.@Nullable Task next) {
    intake.deliver(this, next instanceof RabbitDelivery other && other.intake == intake);
  }

  State state() {
    return state;
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public @Nullable Position position() {
    return null;
  }

  @Override
  public Object epoch() {
    return intake;
  }

  @Override
  public Settled ack() {
    return settle(State.ACKED);
  }

  @Override
  public Settled release() {
    return settle(State.RELEASED);
  }

  private Settled settle(State how) {
    if (!STATE.compareAndSet(this, State.OPEN, how)) {
      return Settled.ALREADY;
    }
    return intake.settled(this, how) ? Settled.DONE : Settled.STALE;
  }

  @Override
  public void failedRuns(int count) {
    // A queue keeps no note; the header of the copy is the truth.
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    Object part =
        type == Envelope.class
            ? envelope
            : type.isAssignableFrom(BasicProperties.class) && type != Object.class
                ? properties
                : null;
    return type.isInstance(part) ? Optional.of(type.cast(part)) : Optional.empty();
  }
}
