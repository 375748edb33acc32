package dev.missive.kafka;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.DifferentialContract;
import org.junit.jupiter.api.Tag;

/** The same random scripts here and on the in-memory broker, with the classic group protocol. */
@Tag("broker")
@Tag("full")
final class KafkaDifferentialTest implements DifferentialContract {

  @Override
  public BrokerUnderTest broker() {
    return KafkaUnderTest.shared().broker("classic");
  }
}
