package dev.missive.core.connect;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.Broker;
import dev.missive.spi.Gaps;

/** What is said of a capability that the broker does not have. */
final class Lacking {
  private Lacking() {}

  /**
   * The refusal, with the adapter's reason where it has one.
   *
   * @param version of the broker, with its name
   * @param where who needs it
   */
  static MessagingException failure(
      Broker broker, String version, Capability capability, String where) {
    String why =
        broker
            .unwrap(Gaps.class)
            .flatMap(gaps -> gaps.why(capability))
            .map(": "::concat)
            .orElse("");
    return new MessagingException(
        ErrorCode.CAPABILITY_MISSING,
        where
            + " needs "
            + capability
            + ", which "
            + version
            + " does not have"
            + why
            + ". Do without it, or choose a broker that has it (docs/conformance.md)");
  }
}
