package dev.missive.rabbitmq;

import dev.missive.Message;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender.Result;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One message on its way, from the call of the runtime to the answer of the broker. */
final class Send implements Loop.Task {
  final RabbitSender sender;
  final Destination to;
  final Message message;
  final @Nullable Instant notBefore;
  final Result result;
  final long begun;

  /** Where it was sent; set by the publishing thread. */
  volatile String exchange = "";

  Send(
      RabbitSender sender,
      Destination to,
      Message message,
      @Nullable Instant notBefore,
      Result result,
      long begun) {
    this.sender = sender;
    this.to = to;
    this.message = message;
    this.notBefore = notBefore;
    this.result = result;
    this.begun = begun;
  }

  @Override
  public void run(Loop.@Nullable Task next) {
    sender.transmit(this);
  }
}
