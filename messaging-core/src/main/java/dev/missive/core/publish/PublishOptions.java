package dev.missive.core.publish;

import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How one producer publishes.
 *
 * @param deadline until when a publish is tried
 * @param timeToLive of messages that have none; null = they do not expire
 * @param failWhenFull whether a full window is an error instead of a wait
 * @param strictOrder the order per key
 * @param executor where stages complete; null = on the runtime's own thread
 * @param inFlight what this producer has accepted
 */
public record PublishOptions(
    Duration deadline,
    @Nullable Duration timeToLive,
    boolean failWhenFull,
    StrictOrder strictOrder,
    @Nullable Executor executor,
    InFlight inFlight) {

  /**
   * The usual options, in flight by themselves.
   *
   * @param deadline how long a publish may take
   * @return options of their own
   */
  public static PublishOptions of(Duration deadline) {
    return new PublishOptions(deadline, null, false, StrictOrder.OFF, null, new InFlight());
  }

  PublishOptions completing(Executor where) {
    return new PublishOptions(deadline, timeToLive, failWhenFull, strictOrder, where, inFlight);
  }

  Executor completeOn(Executor usual) {
    return executor == null ? usual : executor;
  }
}
