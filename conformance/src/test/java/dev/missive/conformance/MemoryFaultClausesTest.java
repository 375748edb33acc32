package dev.missive.conformance;

import org.junit.jupiter.api.AfterEach;

/** What only the in-memory broker can be made to do. */
final class MemoryFaultClausesTest implements MemoryFaultClauses {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Override
  public Lab lab() {
    return lab;
  }
}
