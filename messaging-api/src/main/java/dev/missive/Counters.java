package dev.missive;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Plain numbers since the connection was opened, taken at one moment.
 *
 * @param publishing of all producers together
 * @param subscriptions one per topic and group, of all consumers together
 * @since 0.1
 */
public record Counters(Publishing publishing, List<Subscription> subscriptions) {
  /**
   * Copies the list.
   *
   * @param publishing of all producers together
   * @param subscriptions one per topic and group, of all consumers together
   */
  public Counters {
    subscriptions = List.copyOf(subscriptions);
  }

  /**
   * The subscription of a topic and group.
   *
   * @param topic the topic or pattern
   * @param group the group; null for broadcasts
   * @return all zero if there is none
   */
  public Subscription of(String topic, @Nullable String group) {
    return subscriptions.stream()
        .filter(s -> s.topic().equals(topic) && Objects.equals(s.group(), group))
        .findFirst()
        .orElseGet(() -> new Subscription(topic, group, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  }

  /**
   * What producers did.
   *
   * @param accepted messages taken by publish calls
   * @param stored acknowledged by the broker
   * @param failed completed with an error
   * @param resent sent again after a refusal or a lost connection
   * @param inFlight accepted and not complete
   * @param inFlightBytes their size
   */
  public record Publishing(
      long accepted, long stored, long failed, long resent, long inFlight, long inFlightBytes) {}

  /**
   * What became of the deliveries of one subscription: {@code received = acked + retried +
   * deadLettered + dropped + returned + abandoned + held}.
   *
   * @param topic the topic or pattern
   * @param group the group; null for broadcasts
   * @param received deliveries that came from the broker
   * @param acked handled
   * @param retried replaced by a stored copy to the same group
   * @param deadLettered replaced by a stored dead letter
   * @param dropped settled without being handled, expired ones included
   * @param returned came back to the broker unharmed
   * @param abandoned held by handlers that never returned
   * @param held not settled yet
   * @param heldBytes their size
   * @param parked of those held, waiting in process for their time
   * @param running of those held, in a handler now
   * @param runs calls of the handler
   * @param failedRuns calls that failed
   * @param expired found expired
   */
  public record Subscription(
      String topic,
      @Nullable String group,
      long received,
      long acked,
      long retried,
      long deadLettered,
      long dropped,
      long returned,
      long abandoned,
      long held,
      long heldBytes,
      long parked,
      long running,
      long runs,
      long failedRuns,
      long expired) {}
}
