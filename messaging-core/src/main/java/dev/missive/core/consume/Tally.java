package dev.missive.core.consume;

/**
 * Counts what became of the deliveries of one subscription. Guarded by the lock of its {@link
 * Flow}.
 */
final class Tally {
  /** How a delivery ended. */
  enum End {
    ACKED,
    RETRIED,
    DEAD_LETTERED,
    DROPPED,
    RETURNED,
    ABANDONED
  }

  long received;
  long acked;
  long retried;
  long deadLettered;
  long dropped;
  long returned;
  long abandoned;
  long runs;
  long failedRuns;
  long expired;
  int parked;

  void count(End end) {
    switch (end) {
      case ACKED -> acked++;
      case RETRIED -> retried++;
      case DEAD_LETTERED -> deadLettered++;
      case DROPPED -> dropped++;
      case RETURNED -> returned++;
      case ABANDONED -> abandoned++;
    }
  }

  /** Adds up what an earlier life of the same subscription counted. */
  void add(Tally other) {
    received += other.received;
    acked += other.acked;
    retried += other.retried;
    deadLettered += other.deadLettered;
    dropped += other.dropped;
    returned += other.returned;
    abandoned += other.abandoned;
    runs += other.runs;
    failedRuns += other.failedRuns;
    expired += other.expired;
  }
}
