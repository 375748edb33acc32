/**
 * Tests without a broker: the in-memory broker, a clock that is moved by hand, and what tests of
 * applications need.
 */
module dev.missive.testkit {
  requires transitive dev.missive;
  requires static org.jspecify;
  requires static org.junit.jupiter.api;

  exports dev.missive.testkit;
  exports dev.missive.testkit.junit;

  provides dev.missive.spi.BrokerProvider with
      dev.missive.testkit.memory.MemoryBrokerProvider;
}
