package dev.missive.testkit.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.proxy.TcpProxy;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A broker whose clients come through a proxy. */
@Tag("broker")
@Execution(ExecutionMode.CONCURRENT)
final class ProxiedBrokerTest {

  @ParameterizedTest
  @EnumSource(BrokerKind.class)
  void clients_are_led_to_the_proxy_and_feel_its_faults(BrokerKind kind) throws IOException {
    try (LiveBroker broker = LiveBrokers.start(BrokerOptions.of(kind).withProxy())) {
      TcpProxy proxy = broker.node().proxy().orElseThrow();
      assertThat(broker.url()).contains(":" + proxy.port()).doesNotContain(port(broker));
      assertThat(broker.directUrl()).contains(port(broker));

      ask(kind, proxy.port());

      assertThat(proxy.accepted()).isEqualTo(1);
      proxy.refuse();
      assertThatThrownBy(() -> ask(kind, proxy.port())).isInstanceOf(SocketException.class);
      ask(kind, broker.node().port());
      proxy.heal();
      broker.restart();
      ask(kind, proxy.port());
      if (kind == BrokerKind.KAFKA) {
        // The broker names its address itself, as four bytes.
        String port = new String(bytes(proxy.port()), StandardCharsets.ISO_8859_1);
        assertThat(RawData.metadata(broker.node().port())).contains("127.0.0.1" + port);
      }
    }
  }

  private static byte[] bytes(int number) {
    return ByteBuffer.allocate(4).putInt(number).array();
  }

  private static String port(LiveBroker broker) {
    return ":" + broker.node().port();
  }

  private static void ask(BrokerKind kind, int port) throws IOException {
    switch (kind) {
      case RABBITMQ -> Wire.amqp(port);
      case KAFKA -> Wire.kafka(port);
      case NATS -> Wire.nats(port);
    }
  }
}
