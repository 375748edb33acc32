package dev.missive.testkit.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every launched broker can do. */
@Tag("broker")
@Execution(ExecutionMode.CONCURRENT)
final class LiveBrokerTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  static Stream<BrokerOptions> brokers() {
    return Stream.of(
        Brokers.rabbitmq().withProcess(),
        Brokers.rabbitmq().withOldest(),
        Brokers.kafka().withProcess(),
        Brokers.nats().withProcess(),
        Brokers.nats().withOldest());
  }

  @ParameterizedTest
  @MethodSource("brokers")
  void survives_kill_pause_and_stop_with_its_data(BrokerOptions options) throws IOException {
    try (LiveBroker broker = LiveBrokers.start(options)) {
      BrokerNode node = broker.node();
      String url = broker.url();
      RawData.store(broker, "kept");

      long first = node.pid();
      assertThat(node.kill()).isEqualTo(first);

      assertThat(node.running()).isFalse();
      assertThat(ProcessHandle.of(first)).isEmpty();
      assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), node.port()))
          .isInstanceOf(ConnectException.class);

      node.start();

      assertThat(node.pid()).isNotEqualTo(first);
      assertThat(broker.url()).isEqualTo(url);
      assertThat(RawData.holds(broker, "kept")).isTrue();
      assertThat(RawData.holds(broker, "never-stored")).isFalse();

      node.pause();
      assertThat(answers(options, node)).isFalse();
      assertThat(node.running()).isTrue();
      node.resume();
      Eventually.await("it answers again", LONG, () -> answers(options, node));

      node.stop();
      assertThat(node.running()).isFalse();
      node.start();
      assertThat(RawData.holds(broker, "kept")).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(BrokerKind.class)
  void leaves_nothing_behind_when_closed(BrokerKind kind) throws IOException {
    LiveBroker broker = LiveBrokers.start(BrokerOptions.of(kind).withProcess());
    long pid = broker.node().pid();
    int port = broker.node().port();

    broker.close();
    broker.close();

    assertThat(ProcessHandle.of(pid)).isEmpty();
    try (Stream<Path> files = Files.walk(BrokerHome.cache().resolve("run"), 2)) {
      List<String> lines = files.map(Object::toString).filter(f -> f.contains("" + pid)).toList();
      assertThat(lines).isEmpty();
    }
    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port))
        .isInstanceOf(ConnectException.class);
  }

  private static boolean answers(BrokerOptions options, BrokerNode node) {
    try {
      switch (options.kind()) {
        case RABBITMQ -> Wire.amqp(node.port());
        case KAFKA -> Wire.kafka(node.port());
        case NATS -> Wire.nats(node.port());
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
