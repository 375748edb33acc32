package dev.missive.kafka;

import dev.missive.Message;
import dev.missive.Position;
import dev.missive.kafka.KafkaMessages.Received;
import dev.missive.spi.Delivery;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** One record in the hands of this client. Thread-safe. */
final class KafkaDelivery implements Delivery {
  private final KafkaSubscription subscription;
  private final Assignment assignment;
  private final Received message;
  private final int earlierRuns;

  /** Where it is settled; guarded by the assignment's lock. */
  long offset;

  /** Not settled; guarded by the assignment's lock. */
  boolean open = true;

  KafkaDelivery(
      KafkaSubscription subscription,
      Assignment assignment,
      ConsumerRecord<byte[], byte[]> record,
      int earlierRuns) {
    this.subscription = subscription;
    this.assignment = assignment;
    this.message = new Received(record, earlierRuns);
    this.earlierRuns = earlierRuns;
    this.offset = record.offset();
  }

  ConsumerRecord<byte[], byte[]> record() {
    return message.record;
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public Position position() {
    return new Position(message.record.partition(), message.record.offset());
  }

  @Override
  public Object epoch() {
    return assignment;
  }

  @Override
  public Settled ack() {
    Settled settled = assignment.acknowledge(this);
    if (settled == Settled.DONE) {
      subscription.settled(true);
    }
    return settled;
  }

  @Override
  public Settled release() {
    Settled settled = assignment.release(this);
    if (settled == Settled.DONE) {
      subscription.settled(false);
    }
    return settled;
  }

  @Override
  public void failedRuns(int count) {
    assignment.failed(this, earlierRuns + count);
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return type.isInstance(message.record)
        ? Optional.of(type.cast(message.record))
        : Optional.empty();
  }
}
