package dev.missive.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits in real time for something that happens on other threads. */
public final class Eventually {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long PAUSE_NANOS = 1_000_000;

  private Eventually() {}

  /**
   * It did not come true in time: nothing wrong was seen, so a slow machine may be the reason.
   *
   * @since 0.1
   */
  public static final class Expired extends AssertionError {
    private static final long serialVersionUID = 1;

    Expired(String message) {
      super(message);
    }
  }

  /**
   * Waits at most 30 s.
   *
   * @param what named in the error
   * @param condition asked again and again
   * @throws Expired if it does not come true
   */
  public static void await(String what, BooleanSupplier condition) {
    await(what, PATIENCE, condition);
  }

  /**
   * Waits.
   *
   * @param what named in the error
   * @param patience how long at most
   * @param condition asked again and again
   * @throws Expired if it does not come true
   */
  public static void await(String what, Duration patience, BooleanSupplier condition) {
    long end = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        // Who asks may have been kept from asking.
        if (condition.getAsBoolean()) {
          return;
        }
        throw new Expired("waited " + patience.toSeconds() + " s in vain for: " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
