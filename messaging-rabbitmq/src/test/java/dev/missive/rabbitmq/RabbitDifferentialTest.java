package dev.missive.rabbitmq;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.DifferentialContract;
import dev.missive.testkit.launcher.Brokers;
import java.time.Duration;
import org.junit.jupiter.api.Tag;

/** The same random scripts here and on the in-memory broker, on the newest RabbitMQ. */
@Tag("broker")
@Tag("full")
final class RabbitDifferentialTest implements DifferentialContract {

  @Override
  public BrokerUnderTest broker() {
    // A client that a busy machine holds up for some seconds is not gone.
    return RabbitContractTest.on(Brokers.rabbitmq())
        .setting("rabbitmq.heartbeat", "10s")
        .readyTimeout(Duration.ofMinutes(3));
  }
}
