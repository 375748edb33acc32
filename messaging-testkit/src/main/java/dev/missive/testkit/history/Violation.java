package dev.missive.testkit.history;

import static java.util.Objects.requireNonNull;

/**
 * One promise that a history breaks.
 *
 * @param kind which promise
 * @param group the group that saw it
 * @param id the message
 * @param text what happened, for people
 * @since 0.1
 */
public record Violation(Kind kind, String group, String id, String text) {
  /**
   * Checks the parts.
   *
   * @param kind which promise
   * @param group the group that saw it
   * @param id the message
   * @param text what happened, for people
   */
  public Violation {
    requireNonNull(kind, "kind");
    requireNonNull(group, "group");
    requireNonNull(id, "id");
    requireNonNull(text, "text");
  }

  @Override
  public String toString() {
    return kind + " " + id + " in group " + group + ": " + text;
  }

  /** The promises. */
  public enum Kind {
    /** A message that was stored was never handled. */
    LOST,
    /** A message was handled that nobody published, or whose publish was refused. */
    PHANTOM,
    /** A message was handled for the first time before an earlier one of its key. */
    REORDERED,
    /** A message was handled more often than its failed runs and the bound allow. */
    DUPLICATED,
    /**
     * A run had an attempt below one, or higher than the runs before it explain; or, more often
     * than the bound allows, one that does not count the failed run before it.
     */
    WRONG_ATTEMPT
  }
}
