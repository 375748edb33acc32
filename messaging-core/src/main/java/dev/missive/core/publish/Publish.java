package dev.missive.core.publish;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Position;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.core.connect.Connection;
import dev.missive.spi.Broker.Traits;
import dev.missive.spi.Destination;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One publish of an application. It is its own task on the thread that completes stages, so that it
 * costs no further object.
 */
final class Publish extends Outgoing implements Runnable {
  final CompletableFuture<Receipt> future = new CompletableFuture<>();
  final int size;
  final PublishOptions options;
  private final Publisher publisher;
  private @Nullable Receipt receipt;

  /** Told when it is complete; null before it is accepted. */
  InFlight.@Nullable Generation counted;

  Publish(
      Publisher publisher,
      Destination to,
      Message message,
      @Nullable Instant notBefore,
      Set<Capability> needs,
      long deadline,
      int size,
      PublishOptions options) {
    super(to, message, notBefore, needs, deadline);
    this.publisher = publisher;
    this.size = size;
    this.options = options;
  }

  /**
   * A broker may close the channel over a message that is too large, and take others with it.
   * Copies are not asked: their original came from there.
   */
  @Override
  @Nullable PublishException unable(Connection connection) {
    Traits traits = connection.traits();
    if (traits != null && size > traits.maxBytes()) {
      return failure(
          ErrorCode.TOO_LARGE, MessageCheck.tooLarge(message, size, connection, traits.maxBytes()));
    }
    return super.unable(connection);
  }

  @Override
  protected void done(int partition, long offset) {
    receipt = new Receipt(message.id(), partition < 0 ? null : new Position(partition, offset));
    publisher.stored(this);
  }

  @Override
  protected void gone(PublishException why) {
    lastFailure = why;
    publisher.failed(this);
  }

  @Override
  protected void released() {
    publisher.released(this);
  }

  @Override
  public void run() {
    PublishException why = lastFailure;
    if (receipt != null || why == null) {
      future.complete(receipt);
    } else {
      future.completeExceptionally(why);
    }
  }
}
