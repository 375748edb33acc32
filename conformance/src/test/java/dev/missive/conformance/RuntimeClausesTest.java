package dev.missive.conformance;

import dev.missive.testkit.VirtualTime;
import org.junit.jupiter.api.AfterEach;

/** Part B of the contract, in virtual time. */
final class RuntimeClausesTest implements RuntimeClauses {
  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);

  @AfterEach
  void close() {
    lab.close();
  }

  @Override
  public Lab lab() {
    return lab;
  }
}
