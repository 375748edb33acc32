package dev.missive.spi;

import dev.missive.Topology;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Topology of one broker. Thread-safe; never blocks; stages fail with a {@link
 * dev.missive.MessagingException}.
 *
 * @since 0.1
 */
public interface Admin {

  /**
   * Compares a plan with the live broker. No side effect.
   *
   * @param plan what should be there
   * @return the differences, empty if there are none; what cannot be seen is UNSEEN
   */
  CompletionStage<List<Topology.Difference>> compare(Topology.Plan plan);

  /**
   * Makes what is missing, dead letters first, then groups. Idempotent.
   *
   * @param plan what should be there
   * @return fails with TOPOLOGY_MISMATCH naming object, field, wanted and actual value, or with
   *     TOPOLOGY_FORBIDDEN
   */
  CompletionStage<Void> declare(Topology.Plan plan);

  /**
   * Measures how much there is, at most 10 s old. What was given back counts as waiting; where the
   * broker cannot tell it from what is held, what this client does not hold counts as waiting.
   *
   * @param of a group, or the dead letters of one
   * @return fails with TOPIC_MISSING if it was never declared
   */
  CompletionStage<Topology.Depth> depth(Destination of);
}
