package dev.missive.nats;

import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.launcher.Brokers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The contract on the newest version. */
@Tag("broker")
@Execution(ExecutionMode.CONCURRENT)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NatsContractTest implements BrokerContract {
  private final NatsControl control = NatsControl.start(Brokers.nats());

  @Override
  public BrokerUnderTest broker() {
    return control.broker();
  }

  @AfterAll
  void stop() {
    control.close();
  }
}
