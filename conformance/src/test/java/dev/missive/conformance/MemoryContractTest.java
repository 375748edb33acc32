package dev.missive.conformance;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract on the in-memory broker. */
final class MemoryContractTest
    implements PublishClauses,
        GroupClauses,
        SettlementClauses,
        RetryClauses,
        DeadLetterClauses,
        TimeClauses,
        OrderClauses,
        BatchClauses,
        RequestClauses,
        LifecycleClauses,
        FaultClauses,
        HealthClauses,
        RuntimeClauses {
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
