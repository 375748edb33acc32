package dev.missive.examples.quickstart;

import dev.missive.ConnectionState;
import dev.missive.Counters;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Topology;
import java.time.Duration;

/**
 * Notices that nothing is left to wait for: nothing has happened here for a while, and the broker
 * has nothing for the group. Then somebody else in the same group has had the rest. Confined to one
 * thread.
 */
final class Stillness {
  private final Messaging messaging;
  private final String topic;
  private final String group;
  private final Duration quiet;
  private Counters.Subscription last;
  private long since = System.nanoTime();

  Stillness(Messaging messaging, String topic, String group, Duration quiet) {
    this.messaging = messaging;
    this.topic = topic;
    this.group = group;
    this.quiet = quiet;
    this.last = messaging.counters().of(topic, group);
  }

  /** Asks the broker, but only after a while in which nothing has happened. */
  boolean nothingIsLeft() {
    Counters.Subscription now = messaging.counters().of(topic, group);
    if (!now.equals(last)) {
      last = now;
      since = System.nanoTime();
    }
    if (now.held() > 0 || System.nanoTime() - since < quiet.toNanos()) {
      return false;
    }
    since = System.nanoTime();
    return connected() && empty();
  }

  private boolean connected() {
    return messaging.health().connection().state() == ConnectionState.CONNECTED;
  }

  private boolean empty() {
    try {
      Topology.Depth depth = messaging.topology().depth(topic, group);
      return depth.waiting() + depth.inFlight() == 0;
    } catch (MessagingException e) {
      // It does not answer right now: it is asked again after a while.
      return false;
    }
  }
}
