package dev.missive.benchmarks;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that both sides do.
 *
 * @param name for the table
 * @param aims what is shown of it, in order, and what that is to reach; null where there is no aim
 * @param job does it
 */
record Scenario(String name, Map<Metric, @Nullable Aim> aims, Job job) {
  /** Does it once and says what that took. */
  interface Job {
    Sample run(Side side) throws Exception;
  }
}
