package dev.missive;

/**
 * Which order a consumer keeps.
 *
 * @since 0.1
 */
public enum Ordering {
  /**
   * The default: messages of one key in order and one after another within this instance, retried
   * messages aside.
   */
  NONE,

  /**
   * A key waits while one of its messages is retried ({@link Capability#ORDERED_RETRY}), and the
   * order holds over all instances of the group where the broker has {@link Capability#KEY_ORDER}.
   * Whoever cannot do without the latter says {@code require(KEY_ORDER)}.
   */
  KEY
}
