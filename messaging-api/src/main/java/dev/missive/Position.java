package dev.missive;

/**
 * Where a message lies at a broker that has positions.
 *
 * @param partition from 0; 0 where the broker has no partitions
 * @param offset the broker's number of the message in that partition
 * @since 0.1
 */
public record Position(int partition, long offset) {
  /** As {@code partition:offset}, the form of {@link Header#DL_POSITION}. */
  @Override
  public String toString() {
    return partition + ":" + offset;
  }
}
