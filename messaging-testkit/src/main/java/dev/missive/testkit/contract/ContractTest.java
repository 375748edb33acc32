package dev.missive.testkit.contract;

/** What a test class of clauses says. */
interface ContractTest {
  /**
   * The broker. Called once per test.
   *
   * @return settings, timings, control
   */
  BrokerUnderTest broker();
}
