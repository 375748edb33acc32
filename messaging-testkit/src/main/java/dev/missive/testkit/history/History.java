package dev.missive.testkit.history;

import static java.util.Objects.requireNonNull;

import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.ReceivedMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Collects what is published and what is handled, and says which promises that breaks. Thread-safe.
 *
 * <pre>{@code
 * History history = new History();
 * consumer.handler(history.recording("billing", handler));
 * history.sent(message);
 * producer.publish(message);
 * history.stored(message.id());
 * assertThat(history.check(History.Rules.strict().group("billing"))).isEmpty();
 * }</pre>
 *
 * <p>Holds every id until it is thrown away; a million messages take some hundred megabytes.
 *
 * @since 0.1
 */
public final class History {
  /** What became of a publish. */
  enum Fate {
    /** Nothing is known yet, or the outcome was UNKNOWN: it may be handled or not. */
    OPEN,
    STORED,
    REFUSED
  }

  record Sent(String id, @Nullable String key) {}

  record Settled(String id, Fate fate) {}

  record Run(String group, String id, int attempt, boolean failed) {}

  private final Object lock = new Object();
  private final List<Sent> sent = new ArrayList<>();
  private final List<Settled> settled = new ArrayList<>();
  private final List<Run> runs = new ArrayList<>();

  /** An empty history. */
  public History() {}

  /**
   * A message is about to be published. The order of these calls is the order per key.
   *
   * @param message the message
   */
  public void sent(Message message) {
    byte[] key = message.key();
    sent(message.id(), key == null ? null : new String(key, StandardCharsets.ISO_8859_1));
  }

  /**
   * A message is about to be published. The order of these calls is the order per key.
   *
   * @param id its id
   * @param key its key; null for none
   */
  public void sent(String id, @Nullable String key) {
    synchronized (lock) {
      sent.add(new Sent(requireNonNull(id, "id"), key));
    }
  }

  /**
   * The publish succeeded: every group has to handle it.
   *
   * @param id the id
   */
  public void stored(String id) {
    settle(id, Fate.STORED);
  }

  /**
   * The publish failed NOT_STORED: nobody may handle it. A publish that failed UNKNOWN is not
   * reported at all.
   *
   * @param id the id
   */
  public void refused(String id) {
    settle(id, Fate.REFUSED);
  }

  /**
   * A run began.
   *
   * @param group the group
   * @param id the message
   * @param attempt which attempt it said it was
   * @param failed whether the run fails, so that another one is due
   */
  public void run(String group, String id, int attempt, boolean failed) {
    requireNonNull(group, "group");
    requireNonNull(id, "id");
    synchronized (lock) {
      runs.add(new Run(group, id, attempt, failed));
    }
  }

  /**
   * A handler that notes its runs, in the order in which they begin.
   *
   * @param group the group it handles for
   * @param next the real handler; a run fails if this throws
   * @return to be given to a consumer
   */
  public Handler recording(String group, Handler next) {
    return message -> record(group, message, next);
  }

  /**
   * Checks what was collected so far.
   *
   * @param rules what was promised
   * @return what breaks them, in no particular order; empty if nothing does
   */
  public List<Violation> check(Rules rules) {
    synchronized (lock) {
      return new Checker(rules, sent, settled, runs).check();
    }
  }

  /**
   * How many runs there were.
   *
   * @param group the group
   * @return zero or more
   */
  public long runs(String group) {
    synchronized (lock) {
      return runs.stream().filter(run -> run.group.equals(group)).count();
    }
  }

  /**
   * How many of its runs failed.
   *
   * @param group the group
   * @return zero or more
   */
  public long failedRuns(String group) {
    synchronized (lock) {
      return runs.stream().filter(run -> run.group.equals(group) && run.failed).count();
    }
  }

  /** The run stands in the history before the handler can do anything that follows from it. */
  private void record(String group, ReceivedMessage message, Handler next) throws Exception {
    int index;
    Run begun = new Run(group, message.id(), message.attempt(), false);
    synchronized (lock) {
      index = runs.size();
      runs.add(begun);
    }
    boolean done = false;
    try {
      next.handle(message);
      done = true;
    } finally {
      if (!done) {
        synchronized (lock) {
          runs.set(index, new Run(group, begun.id, begun.attempt, true));
        }
      }
    }
  }

  private void settle(String id, Fate fate) {
    synchronized (lock) {
      settled.add(new Settled(requireNonNull(id, "id"), fate));
    }
  }

  /**
   * What was promised. Immutable; methods return changed copies.
   *
   * @param groups which groups have to handle everything
   * @param ordered whether first runs keep the order per key
   * @param duplicates how many runs beyond the first and those that follow a failed one a message
   *     may have in a group; and how often a run may not count the failed one before it, because a
   *     client died before it was recorded
   * @since 0.1
   */
  public record Rules(List<String> groups, boolean ordered, int duplicates) {
    /**
     * Checks the values.
     *
     * @param groups which groups have to handle everything
     * @param ordered whether first runs keep the order per key
     * @param duplicates how many runs beyond the first and those that follow a failed one a message
     *     may have in a group; and how often a run may not count the failed one before it, because
     *     a client died before it was recorded
     */
    public Rules {
      groups = List.copyOf(groups);
      if (duplicates < 0) {
        throw new IllegalArgumentException("duplicates was " + duplicates + ", less than zero");
      }
    }

    /**
     * No fault, one consumer: order per key, nothing twice, each attempt one more than the last.
     *
     * @return for no group yet
     */
    public static Rules strict() {
      return new Rules(List.of(), true, 0);
    }

    /**
     * Faults: at least once, in any order.
     *
     * @param duplicates how often a message may come again without a failed run
     * @return for no group yet
     */
    public static Rules atLeastOnce(int duplicates) {
      return new Rules(List.of(), false, duplicates);
    }

    /**
     * Adds a group.
     *
     * @param group its name
     * @return a changed copy
     */
    public Rules group(String group) {
      List<String> more = new ArrayList<>(groups);
      more.add(Objects.requireNonNull(group, "group"));
      return new Rules(more, ordered, duplicates);
    }

    /**
     * Leaves out the order.
     *
     * @return a changed copy
     */
    public Rules unordered() {
      return new Rules(groups, false, duplicates);
    }
  }
}
