package dev.missive.nats;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.DifferentialContract;
import dev.missive.testkit.launcher.Brokers;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;

/** The same random scripts here and on the in-memory broker, on the newest version. */
@Tag("broker")
@Tag("full")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NatsDifferentialTest implements DifferentialContract {
  private final NatsControl control = NatsControl.start(Brokers.nats());

  @Override
  public BrokerUnderTest broker() {
    // A machine that stands still for longer makes the server deliver once more, and count no run.
    // What a cut takes comes again only then, and there are many cuts: hence the patience.
    return control.broker().setting("nats.ack-wait", "10s").readyTimeout(Duration.ofMinutes(3));
  }

  @AfterAll
  void stop() {
    control.close();
  }
}
