package dev.missive.core.consume;

import dev.missive.ReceivedMessage;
import dev.missive.spi.Delivery;
import org.jspecify.annotations.Nullable;

/** What others make of a delivery that no consumer runs: replies and dead letters. */
public final class Received {
  private Received() {}

  /**
   * The delivery as applications see it.
   *
   * @param delivery the delivery
   * @param group whose it is; null if nobody's
   * @return a view of it
   */
  public static ReceivedMessage of(Delivery delivery, @Nullable String group) {
    return new Held(delivery, group, 0);
  }
}
