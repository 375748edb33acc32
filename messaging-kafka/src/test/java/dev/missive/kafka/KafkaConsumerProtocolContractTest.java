package dev.missive.kafka;

import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import org.junit.jupiter.api.Tag;

/** The contract on a real broker, with the group protocol of KIP-848. */
@Tag("broker")
@Tag("secondary")
final class KafkaConsumerProtocolContractTest implements BrokerContract {
  @Override
  public BrokerUnderTest broker() {
    return KafkaControl.shared().broker("consumer");
  }
}
