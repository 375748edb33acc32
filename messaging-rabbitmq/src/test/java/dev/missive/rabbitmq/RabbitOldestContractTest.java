package dev.missive.rabbitmq;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.launcher.Brokers;
import org.junit.jupiter.api.Tag;

/** The contract on the oldest RabbitMQ that is supported. */
@Tag("broker")
@Tag("secondary")
final class RabbitOldestContractTest extends RabbitContractTest {
  @Override
  public BrokerUnderTest broker() {
    return on(Brokers.rabbitmq().withOldest());
  }
}
