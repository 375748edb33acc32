package dev.missive.testkit.junit;

import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Topology;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Assertions that wait in real time, by default at most 15 s, for what happens on other threads.
 * They never move a virtual clock. Immutable and thread-safe.
 *
 * @since 0.1
 */
public final class Awaiting {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Messaging messaging;
  private final MemoryBroker broker;
  private final boolean virtual;
  private final Duration patience;

  Awaiting(Messaging messaging, MemoryBroker broker, boolean virtual) {
    this(messaging, broker, virtual, PATIENCE);
  }

  private Awaiting(Messaging messaging, MemoryBroker broker, boolean virtual, Duration patience) {
    this.messaging = messaging;
    this.broker = broker;
    this.virtual = virtual;
    this.patience = patience;
  }

  /**
   * The same with another patience.
   *
   * @param time how long to wait at most
   * @return a copy
   */
  public Awaiting atMost(Duration time) {
    return new Awaiting(messaging, broker, virtual, time);
  }

  /**
   * Waits for a condition.
   *
   * @param what named in the error
   * @param condition asked again and again
   * @throws AssertionError if it does not come true
   */
  public void until(String what, BooleanSupplier condition) {
    Eventually.await(what + hint(), patience, condition);
  }

  /**
   * Waits until an assertion holds.
   *
   * @param assertion run again and again until it throws no {@link AssertionError}; any other
   *     exception ends the waiting
   * @throws AssertionError the last one, if it does not come to hold
   */
  public void asserted(Runnable assertion) {
    AtomicReference<@Nullable AssertionError> last = new AtomicReference<>();
    try {
      until("an assertion", () -> holds(assertion, last));
    } catch (AssertionError waited) {
      AssertionError failed = last.get();
      if (failed == null) {
        throw waited;
      }
      failed.addSuppressed(waited);
      throw failed;
    }
  }

  /**
   * Waits until a group has settled everything: nothing waits for it, not even for a retry or a
   * later time, and nothing is in a handler.
   *
   * @param topic its topic
   * @param group the group
   * @throws AssertionError if it does not come to that
   * @throws MessagingException if there is no such group; a broker that cannot be reached is waited
   *     for
   */
  public void settled(String topic, String group) {
    until(group + " to settle everything of " + topic, () -> nothingLeft(topic, group));
  }

  /**
   * Waits for dead letters.
   *
   * @param topic their topic
   * @param group the group that could not handle them
   * @param count how many at least
   * @return the ids of all there are then
   * @throws AssertionError if they do not come
   */
  public List<String> deadLetters(String topic, String group, int count) {
    until(
        count + " dead letters of " + group + " of " + topic,
        () -> broker.deadLetterIds(topic, group).size() >= count);
    return broker.deadLetterIds(topic, group);
  }

  /** By one measurement: between two, a message could slip from waiting to handled. */
  private boolean nothingLeft(String topic, String group) {
    try {
      Topology.Depth depth = messaging.topology().depth(topic, group);
      return depth.waiting() + depth.inFlight() == 0;
    } catch (MessagingException e) {
      // A group that is not there would have settled everything, too: that is no success.
      if (e.retryable()) {
        return false;
      }
      throw e;
    }
  }

  private static boolean holds(
      Runnable assertion, AtomicReference<@Nullable AssertionError> failure) {
    try {
      assertion.run();
      return true;
    } catch (AssertionError e) {
      failure.set(e);
      return false;
    }
  }

  private String hint() {
    return virtual ? " (the clock is virtual: it stands still unless the test advances it)" : "";
  }
}
