/**
 * Tests without a broker: the in-memory broker, a clock that is moved by hand, and what tests of
 * applications need. Tests with one: real brokers as private processes, and a proxy for faults.
 */
module dev.missive.testkit {
  requires transitive dev.missive;
  requires static org.jspecify;
  requires static org.assertj.core;
  requires static org.junit.jupiter.api;
  requires static org.junit.platform.launcher;
  requires static testcontainers;

  exports dev.missive.testkit;
  exports dev.missive.testkit.contract;
  exports dev.missive.testkit.differential;
  exports dev.missive.testkit.history;
  exports dev.missive.testkit.junit;
  exports dev.missive.testkit.launcher;
  exports dev.missive.testkit.proxy;
  exports dev.missive.testkit.soak;

  provides dev.missive.spi.BrokerProvider with
      dev.missive.testkit.memory.MemoryBrokerProvider;
}
