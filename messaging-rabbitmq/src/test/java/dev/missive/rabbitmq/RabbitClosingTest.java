package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.ConnectionFactory;
import dev.missive.ConnectionState;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.TcpProxy;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A client that is closed at a bad moment leaves no thread and no socket, whatever the broker does.
 */
@Tag("broker")
final class RabbitClosingTest {
  private static final Duration SOON = Duration.ofSeconds(1);

  private final LiveBroker broker =
      LiveBrokers.shared(Brokers.rabbitmq().withProcess().withProxy());
  private final TcpProxy proxy = broker.node().proxy().orElseThrow();
  private final RabbitLab lab = new RabbitLab(broker.directUrl());
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  @AfterEach
  void close() throws Exception {
    proxy.heal();
    lab.close();
  }

  @Test
  void while_the_broker_hangs_and_a_writer_is_stuck() {
    Messaging messaging = open(Map.of());
    lab.start(messaging, lab.topic, "g", message -> {}, builder -> builder);

    broker.node().pause();
    try {
      publishUntilStuck(messaging);
      messaging.close(SOON);
      assertNothingLeft();
    } finally {
      broker.node().resume();
    }
  }

  @Test
  void in_an_alarm_while_a_writer_is_stuck() {
    Messaging messaging = open(Map.of());
    lab.start(messaging, lab.topic, "g", message -> {}, builder -> builder);
    messaging.producer().publish(Message.builder(lab.topic).text("before").build());

    broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "0.00001");
    try {
      publishUntilStuck(messaging);
      Eventually.await(
          "the alarm", () -> messaging.health().connection().state() == ConnectionState.BLOCKED);
      messaging.close(SOON);
      assertNothingLeft();
    } finally {
      broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "512MB");
    }
  }

  @Test
  void while_it_connects_again_and_nobody_answers() {
    Messaging messaging =
        open(Map.of("rabbitmq.url", broker.url(), "rabbitmq.answer-timeout", "2m"));
    messaging.start();
    int before = sockets.size();

    proxy.blackhole();
    proxy.reset();
    Eventually.await("a new try", () -> sockets.size() > before && proxy.open() > 0);
    messaging.close(SOON);

    assertNothingLeft();
  }

  private Messaging open(Map<String, String> more) {
    // No heartbeat finds out before the test is over.
    Map<String, String> settings =
        new HashMap<>(Map.of("application", lab.topic, "rabbitmq.heartbeat", "5m"));
    settings.putAll(more);
    return lab.open(new RabbitBrokerProvider(this::small, null), settings);
  }

  /** Little is enough to fill the sockets, and the test knows them all. */
  private void small(ConnectionFactory factory) {
    factory.setSocketConfigurator(
        factory
            .getSocketConfigurator()
            .andThen(
                socket -> {
                  sockets.add(socket);
                  socket.setSendBufferSize(1 << 16);
                }));
  }

  private void publishUntilStuck(Messaging messaging) {
    for (int i = 0; i < 8; i++) {
      messaging
          .producer()
          .publishAsync(Message.builder(lab.topic).payload(new byte[900_000]).build());
    }
    Eventually.await("a writer that is stuck", () -> threads().anyMatch(this::writes));
  }

  private void assertNothingLeft() {
    Eventually.await("no thread of it", () -> threads().findAny().isEmpty());
    assertThat(sockets).isNotEmpty().allMatch(Socket::isClosed);
  }

  private Stream<Map.Entry<Thread, StackTraceElement[]>> threads() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey().getName().contains(lab.topic));
  }

  private boolean writes(Map.Entry<Thread, StackTraceElement[]> entry) {
    List<String> methods =
        Arrays.stream(entry.getValue()).map(StackTraceElement::getMethodName).toList();
    return methods.contains("implWrite") && methods.contains("park");
  }
}
