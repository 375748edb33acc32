package dev.missive.rabbitmq;

import dev.missive.ConnectionState;
import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import dev.missive.testkit.contract.LiveControl;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;

/** The contract on the newest RabbitMQ. */
@Tag("broker")
class RabbitContractTest implements BrokerContract {
  private static final Map<String, String> SHORT =
      Map.of("heartbeat", "1s", "retry-delay-max", "1s", "auth-retry", "3s");

  @Override
  public BrokerUnderTest broker() {
    return on(Brokers.rabbitmq());
  }

  static BrokerUnderTest on(BrokerOptions options) {
    // One broker for all clauses; it is brought back to normal after each.
    LiveBroker broker = LiveBrokers.shared(options.withProcess().withProxy());
    BrokerUnderTest made =
        BrokerUnderTest.of("rabbitmq", Map.of("rabbitmq.url", broker.url()))
            .setting("rabbitmq.password", RabbitControl.USER)
            .control(new RabbitControl(broker), LiveControl.of(broker))
            .without(Control.Quorum.class, "one node")
            .reason(ConnectionState.RECONNECTING, "the connection was lost")
            .sessionTimeout(Duration.ZERO)
            .readyTimeout(Duration.ofSeconds(60))
            .detection(Duration.ofSeconds(10));
    for (Map.Entry<String, String> wait : SHORT.entrySet()) {
      made = made.setting("rabbitmq." + wait.getKey(), wait.getValue());
    }
    return made;
  }
}
