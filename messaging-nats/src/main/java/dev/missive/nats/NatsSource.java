package dev.missive.nats;

import dev.missive.spi.Subscription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One consumer at the server that a subscription pulls from.
 *
 * @param stream its stream
 * @param consumer its name; null for one that is made for each connection
 * @param direct whether it holds what was sent to one group only
 * @param window how many messages may be asked for and not handed over; -1 = the free window
 */
record NatsSource(String stream, @Nullable String consumer, boolean direct, int window) {
  /**
   * Retries wait here beside the window, so that they are not stuck behind a pull of new messages;
   * few, so that they do not wait for this instance while others are idle.
   */
  private static final int DIRECT_WINDOW = 32;

  /** What a subscription reads. */
  static List<NatsSource> of(Subscription.Spec spec, NatsNames names) {
    String topic = spec.topic();
    String group = spec.group();
    if (spec.kind() == Subscription.Kind.BROADCAST || group == null) {
      return List.of(new NatsSource(names.stream(topic), null, false, -1));
    }
    String shared = names.shared(topic, group);
    if (spec.kind() == Subscription.Kind.DEAD_LETTERS) {
      return List.of(new NatsSource(names.deadLetterStream(), shared, false, -1));
    }
    int few = Math.min(DIRECT_WINDOW, spec.maxInFlight());
    return List.of(
        new NatsSource(names.directStream(), shared, true, few),
        new NatsSource(names.stream(topic), names.consumer(topic, group), false, -1));
  }

  /** For messages to people. */
  String describe() {
    return "consumer " + consumer + " of stream " + stream;
  }
}
