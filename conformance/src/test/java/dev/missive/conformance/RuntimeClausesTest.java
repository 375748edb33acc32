package dev.missive.conformance;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Part B of the contract, and what only the in-memory broker can be made to do. */
final class RuntimeClausesTest
    implements RuntimeClauses,
        BatchRuntimeClauses,
        RedriveRuntimeClauses,
        LifeRuntimeClauses,
        MemoryFaultClauses {
  private Lab lab = new Lab();

  @BeforeEach
  void open() {
    lab = new Lab();
  }

  @AfterEach
  void close() {
    lab.close();
  }

  @Override
  public Lab lab() {
    return lab;
  }
}
