package dev.missive.core.consume;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.PublishException;
import dev.missive.core.publish.Outgoing;
import dev.missive.spi.Destination;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The copy that replaces a delivery. It is tried for as long as the delivery is ours (semantics
 * S18), past the window: its delivery holds a place of its own.
 */
final class Copy extends Outgoing {
  private static final Logger LOG = System.getLogger("dev.missive.consumer");

  private final Settlement settlement;
  private final Flow flow;
  private final Held held;
  private final Tally.End end;

  Copy(
      Settlement settlement,
      Flow flow,
      Held held,
      Destination to,
      Message message,
      @Nullable Instant notBefore,
      Tally.End end) {
    super(to, message, notBefore, Set.of(), Long.MAX_VALUE);
    this.settlement = settlement;
    this.flow = flow;
    this.held = held;
    this.end = end;
  }

  @Override
  protected void done(int partition, long offset) {
    settlement.ack(held);
    flow.lock.lock();
    try {
      if (end == Tally.End.DEAD_LETTERED) {
        settlement.trouble(null);
      }
      settlement.end(held, end);
    } finally {
      flow.lock.unlock();
    }
  }

  @Override
  protected boolean wanted() {
    return !held.lost;
  }

  @Override
  protected void gone(PublishException failure) {
    // The delivery was taken back, or goes back now that the connection is closed for good.
    flow.lock.lock();
    try {
      if (end == Tally.End.DEAD_LETTERED) {
        settlement.trouble(null);
      }
      settlement.end(held, Tally.End.RETURNED);
    } finally {
      flow.lock.unlock();
    }
  }

  @Override
  protected void trouble(PublishException failure) {
    LOG.log(
        Level.WARNING,
        "a copy of message {0} of {1} could not be written and is tried again: {2}",
        held.id(),
        flow.spec.name(),
        failure.getMessage());
    if (failure.code() == ErrorCode.TOPIC_MISSING || failure.code() == ErrorCode.UNROUTABLE) {
      settlement.later(flow.control::declareForCopy);
    }
    if (end == Tally.End.DEAD_LETTERED) {
      flow.lock.lock();
      try {
        settlement.trouble(
            "dead letters of " + flow.spec.name() + " cannot be written: " + failure.getMessage());
      } finally {
        flow.lock.unlock();
      }
    }
  }
}
