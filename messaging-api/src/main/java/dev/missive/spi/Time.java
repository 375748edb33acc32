package dev.missive.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * The clock that runtime and adapters wait on, so that tests can move it. Thread-safe.
 *
 * @since 0.1
 */
public interface Time {

  /**
   * The time of day.
   *
   * @return now
   */
  Instant now();

  /**
   * A time that never jumps, for measuring.
   *
   * @return nanoseconds since some fixed moment
   */
  long nanos();

  /**
   * Runs a task later, once. Tasks must be short and must not block.
   *
   * @param after how long from now; zero or less means as soon as possible, still not on the
   *     caller's thread
   * @param task what to run; what it throws is logged
   * @return cancels the task if it has not started; may be called at any time, any number of times
   */
  Runnable schedule(Duration after, Runnable task);

  /**
   * Lets a clock that is moved by hand know whether there is work under way that does not wait for
   * time. A real clock does nothing.
   *
   * <p>Everybody who hands work from one thread to another registers once. Work must be visible at
   * its receiver before it is gone at its sender.
   *
   * @param activity returns a negative number while work is under way, else a count of what has
   *     been done so far, which changes with every piece of work; called on any thread, must not
   *     block
   * @return ends the registration
   */
  default Runnable watch(LongSupplier activity) {
    return () -> {};
  }
}
