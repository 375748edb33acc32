package dev.missive.kafka;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.DifferentialContract;
import java.time.Duration;
import org.junit.jupiter.api.Tag;

/** The same random scripts here and on the in-memory broker, with the classic group protocol. */
@Tag("broker")
@Tag("full")
final class KafkaDifferentialTest implements DifferentialContract {

  @Override
  public BrokerUnderTest broker() {
    // A member that a busy machine holds up for some seconds is not gone.
    return KafkaControl.shared()
        .broker("classic")
        .setting("kafka.session-timeout", "30s")
        .sessionTimeout(Duration.ofSeconds(30))
        .readyTimeout(Duration.ofMinutes(3));
  }
}
