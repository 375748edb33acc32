package dev.missive.benchmarks;

/**
 * How much is measured.
 *
 * @param pairs how often both sides do the same, one after the other
 * @param warmUps how many pairs before that do not count
 * @param messages how many messages each time
 * @param rate how many a second where latency is measured
 * @param handlers how many handlers run at once where it is more than one
 * @param patience after how many seconds a message that is missing is lost
 */
record Load(int pairs, int warmUps, int messages, int rate, int handlers, int patience) {
  private static final int LATENCY_SECONDS = 3;

  /** How many messages show the latency: what the rate makes in 3 s, but not more than the rest. */
  int paced() {
    return Math.max(2, Math.min(messages, rate * LATENCY_SECONDS));
  }
}
