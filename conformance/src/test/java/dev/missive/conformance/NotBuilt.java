package dev.missive.conformance;

import java.util.Map;

/** What docs/contract.md promises and nobody has built yet. */
public final class NotBuilt {
  /** Clauses and what they wait for; an entry goes with the first test of its clause. */
  public static final Map<String, String> CLAUSES =
      Map.of(
          "Z21", "the telemetry extension",
          "Z22", "the telemetry extension",
          "X03", "the outbox extension");

  private NotBuilt() {}
}
