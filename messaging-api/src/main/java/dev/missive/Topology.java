package dev.missive;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Topics and groups at the broker: declare them, compare them, move a group, see how much waits.
 * Thread-safe; every call waits for the connection, at most {@code connect.timeout} (10 s), and
 * then for the answer, at most {@code admin.timeout} (60 s).
 *
 * @since 0.1
 */
public interface Topology {

  /**
   * Declares a topic, a group of it and the group's dead letters. Idempotent. Every message
   * published to the topic after it returned is delivered to the group.
   *
   * @param topic the topic, or a pattern ({@link Capability#WILDCARD})
   * @param group the group
   * @throws MessagingException {@link ErrorCode#TOPOLOGY_MISMATCH} naming field, wanted and actual
   *     value; {@link ErrorCode#TOPOLOGY_FORBIDDEN}
   */
  void declare(String topic, String group);

  /**
   * Declares a topic without a group. On RabbitMQ, where a topic is nothing but its groups, this
   * does nothing.
   *
   * @param topic the topic
   * @throws MessagingException as {@link #declare}
   */
  void declareTopic(String topic);

  /**
   * Compares what is wanted with the live broker. No side effect.
   *
   * @param wanted what should be there
   * @return the differences; empty if there is nothing to do
   */
  List<Difference> plan(Plan wanted);

  /**
   * Declares everything of a plan. Applying it twice does nothing the second time.
   *
   * @param wanted what should be there
   * @throws MessagingException as {@link #declare}; nothing is changed if anything differs
   */
  void apply(Plan wanted);

  /**
   * Moves a stopped group ({@link Capability#SEEK}): the message there is delivered next, and all
   * after it.
   *
   * @param topic the topic
   * @param group a group none of whose consumers runs
   * @param position where to
   * @throws MessagingException {@link ErrorCode#POSITION_UNKNOWN} if it does not exist, {@link
   *     ErrorCode#CONFIG_INVALID} if the group runs; nothing moves
   */
  void seek(String topic, String group, Position position);

  /**
   * How much waits for a group, at most 10 s old.
   *
   * @param topic the topic
   * @param group the group
   * @return the numbers
   */
  Depth depth(String topic, String group);

  /**
   * Topics and groups that should be there. Immutable; methods return changed copies.
   *
   * @param entries what should be there, in order
   * @since 0.1
   */
  record Plan(List<Entry> entries) {
    /**
     * Copies the list.
     *
     * @param entries what should be there, in order
     */
    public Plan {
      entries = List.copyOf(entries);
    }

    /**
     * Nothing.
     *
     * @return an empty plan
     */
    public static Plan empty() {
      return new Plan(List.of());
    }

    /**
     * Adds an entry.
     *
     * @param entry the entry
     * @return a changed copy
     */
    public Plan with(Entry entry) {
      List<Entry> more = new ArrayList<>(entries);
      more.add(entry);
      return new Plan(more);
    }

    /**
     * Adds a group.
     *
     * @param topic its topic
     * @param group the group
     * @return a changed copy
     */
    public Plan group(String topic, String group) {
      return with(new Entry(topic, requireNonNull(group, "group"), false, null));
    }

    /**
     * Adds a topic without a group.
     *
     * @param topic the topic
     * @return a changed copy
     */
    public Plan topic(String topic) {
      return with(new Entry(topic, null, false, null));
    }
  }

  /**
   * One topic or group that should be there.
   *
   * @param topic the topic, or a pattern
   * @param group null for the topic alone
   * @param keyOrder whether the group keeps order per key over its instances; fixed when it is
   *     declared
   * @param from where a new group starts; null = with what is published afterwards
   */
  record Entry(String topic, @Nullable String group, boolean keyOrder, @Nullable Instant from) {
    /**
     * Checks the topic.
     *
     * @param topic the topic, or a pattern
     * @param group null for the topic alone
     * @param keyOrder whether the group keeps order per key over its instances; fixed when it is
     *     declared
     * @param from where a new group starts; null = with what is published afterwards
     */
    public Entry {
      requireNonNull(topic, "topic");
    }
  }

  /**
   * One difference between plan and broker.
   *
   * @param object the broker's object, for instance {@code queue orders.billing}
   * @param field what differs; empty if the object is missing as a whole
   * @param want the wanted value
   * @param have the actual value; null if it is missing or cannot be seen
   * @param kind what kind of difference it is
   */
  record Difference(String object, String field, String want, @Nullable String have, Kind kind) {
    /** Kinds of difference. */
    public enum Kind {
      /** It is not there; applying the plan makes it. */
      MISSING,
      /** It is there and differs; applying the plan fails. */
      DIFFERENT,
      /** The broker does not show it. */
      UNSEEN
    }
  }

  /**
   * How much there is.
   *
   * @param waiting messages no consumer has taken yet
   * @param inFlight messages taken and not settled
   * @param lag how many messages behind the end the group is; null where the broker has no
   *     positions
   * @param at when it was measured
   * @param warnings what may go wrong soon, for instance messages that will outlive the topic's
   *     retention
   */
  record Depth(long waiting, long inFlight, @Nullable Long lag, Instant at, List<String> warnings) {
    /**
     * Copies the list.
     *
     * @param waiting messages no consumer has taken yet
     * @param inFlight messages taken and not settled
     * @param lag how many messages behind the end the group is; null where the broker has no
     *     positions
     * @param at when it was measured
     * @param warnings what may go wrong soon, for instance messages that will outlive the topic's
     *     retention
     */
    public Depth {
      warnings = List.copyOf(warnings);
    }
  }
}
