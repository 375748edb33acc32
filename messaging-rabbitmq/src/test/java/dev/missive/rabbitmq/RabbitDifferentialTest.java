package dev.missive.rabbitmq;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.DifferentialContract;
import dev.missive.testkit.launcher.Brokers;
import org.junit.jupiter.api.Tag;

/** The same random scripts here and on the in-memory broker, on the newest RabbitMQ. */
@Tag("broker")
@Tag("full")
final class RabbitDifferentialTest implements DifferentialContract {

  @Override
  public BrokerUnderTest broker() {
    return RabbitContractTest.on(Brokers.rabbitmq());
  }
}
