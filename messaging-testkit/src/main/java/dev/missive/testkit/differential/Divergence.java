package dev.missive.testkit.differential;

import java.util.Objects;

/**
 * What two brokers did differently.
 *
 * @param subject what it is about: a message, the order of a key, the events of the script
 * @param reference what became of it on the broker that is compared with
 * @param other what became of it on the broker under test
 * @param script the steps, one a line; as few of them as were found to show a divergence
 * @since 0.1
 */
public record Divergence(String subject, String reference, String other, String script) {
  /**
   * Checks the parts.
   *
   * @param subject what it is about: a message, the order of a key, the events of the script
   * @param reference what became of it on the broker that is compared with
   * @param other what became of it on the broker under test
   * @param script the steps, one a line; as few of them as were found to show a divergence
   */
  public Divergence {
    Objects.requireNonNull(subject, "subject");
    Objects.requireNonNull(reference, "reference");
    Objects.requireNonNull(other, "other");
    Objects.requireNonNull(script, "script");
  }

  @Override
  public String toString() {
    return subject
        + "\n  expected: "
        + reference
        + "\n  but was:  "
        + other
        + "\nscript:\n"
        + script;
  }
}
