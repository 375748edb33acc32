package dev.missive.kafka;

import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract on a real broker, with the classic group protocol. */
@Tag("broker")
final class KafkaContractTest implements BrokerContract {
  private static KafkaControl kafka;

  @BeforeAll
  static void start() {
    kafka = KafkaControl.shared();
  }

  @Override
  public BrokerUnderTest broker() {
    return kafka.broker("classic");
  }
}
