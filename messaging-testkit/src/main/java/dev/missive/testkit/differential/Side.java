package dev.missive.testkit.differential;

import dev.missive.Capability;
import dev.missive.Messaging;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** One of the two brokers: a connection for all scripts, and a schedule. Thread-safe. */
final class Side implements AutoCloseable {
  private static final Duration CLOSING = Duration.ofSeconds(10);

  private final BrokerUnderTest broker;
  private final long schedule;
  private final Messaging messaging;

  /**
   * Opens one.
   *
   * @param broker with its controls
   * @param schedule the seed of what a script leaves open: threads, windows and pauses
   */
  Side(BrokerUnderTest broker, long schedule) {
    this.broker = broker;
    this.schedule = schedule;
    this.messaging = broker.open(Map.of(), null);
  }

  String name() {
    return broker.name();
  }

  /** Plays a script on a topic of its own, with as much patience as the broker may need. */
  Trace play(Script script) {
    return play(script, broker.readyTimeout());
  }

  /**
   * Plays it and gives up what has not come once the broker has had nothing left for so long.
   *
   * @param idle at most what the broker may need
   */
  Trace play(Script script, Duration idle) {
    Random random = new Random(schedule * 31 + script.number());
    return new Play(this, script, random, broker.readyTimeout(), idle).play();
  }

  Messaging messaging() {
    return messaging;
  }

  Optional<Control.Cut> cut() {
    return broker.find(Control.Cut.class);
  }

  /** What a script may do here. */
  Set<Operation> possible() {
    Set<Operation> possible = EnumSet.allOf(Operation.class);
    if (messaging.support(Capability.DELAY) == Capability.Support.NONE) {
      possible.remove(Operation.PUBLISH_DELAYED);
    }
    if (messaging.support(Capability.TTL) == Capability.Support.NONE) {
      possible.remove(Operation.PUBLISH_LASTING);
      possible.remove(Operation.PUBLISH_EXPIRED);
    }
    if (cut().isEmpty()) {
      possible.remove(Operation.CUT);
    }
    return possible;
  }

  boolean keepsOrderOverRetries() {
    return messaging.support(Capability.ORDERED_RETRY) != Capability.Support.NONE;
  }

  @Override
  public void close() {
    broker.find(Control.Cut.class).ifPresent(Control::mend);
    messaging.close(CLOSING);
  }
}
