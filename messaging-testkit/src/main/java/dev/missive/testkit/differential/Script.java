package dev.missive.testkit.differential;

import dev.missive.testkit.differential.Step.Draft;
import java.util.List;
import java.util.Objects;

/**
 * What is done on one topic with one group and one consumer.
 *
 * @param number of the script in its run
 * @param kind what may happen in it
 * @param steps in order; any part of them is a script too
 */
record Script(int number, Kind kind, List<Step> steps) {
  Script {
    steps = List.copyOf(steps);
  }

  /** What a script is about, and so what its histories have in common. */
  enum Kind {
    /** Order per key holds over retries; nobody stops. */
    ORDERED,
    /** First runs keep the order per key; nobody stops. */
    CALM,
    /** The consumer stops and pauses, which may change the order, and no attempt. */
    LIVELY,
    /** The connection is cut too: messages may run more often. */
    FAULTY
  }

  Script with(List<Step> others) {
    return new Script(number, kind, others);
  }

  /** All that is published. */
  List<Draft> drafts() {
    return steps.stream().map(Step::draft).filter(Objects::nonNull).toList();
  }

  /** One step a line. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    steps.forEach(step -> text.append("  ").append(step).append('\n'));
    return text.toString();
  }
}
