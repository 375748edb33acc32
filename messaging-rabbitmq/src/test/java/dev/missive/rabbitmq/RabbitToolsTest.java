package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What the tools of librabbitmq publish and get (semantics, "On the wire"). */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitToolsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final LiveBroker broker;
  private final RabbitLab lab;

  RabbitToolsTest(boolean oldest) {
    broker = LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq());
    lab = new RabbitLab(broker);
  }

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void what_amqp_publish_sends_is_handled() {
    ConcurrentLinkedQueue<ReceivedMessage> seen = new ConcurrentLinkedQueue<>();
    lab.start(lab.messaging(), lab.topic, "g", seen::add, builder -> builder);

    publish("", "-C", "text/plain", "-H", "source: shop", "-b", "hello");
    publish("from a pipe");

    Eventually.await("both", LONG, () -> seen.size() == 2);
    ReceivedMessage full = named(seen, "hello");
    assertThat(full.contentType()).isEqualTo("text/plain");
    assertThat(full.headers()).containsEntry("source", "shop");
    assertThat(full.topic()).isEqualTo(lab.topic);
    assertThat(full.attempt()).isEqualTo(1);
    ReceivedMessage bare = named(seen, "from a pipe");
    assertThat(bare.id()).isNotBlank();
    assertThat(bare.headers()).isEmpty();
    assertThat(bare.key()).isNull();
  }

  @Test
  void amqp_get_shows_what_we_publish() {
    lab.messaging().topology().declare(lab.topic, "g");

    lab.messaging()
        .producer()
        .publish(Message.builder(lab.topic).key("k").header("source", "web").text("hello").build());

    String got =
        LiveBrokers.program("amqp-get")
            .run(new byte[0], "--url", broker.url(), "-q", lab.topic + ".g");
    assertThat(got).isEqualTo("hello");
  }

  private void publish(String input, String... arguments) {
    List<String> all =
        new ArrayList<>(List.of("--url", broker.url(), "-e", "missive.topics", "-r", lab.topic));
    all.addAll(List.of(arguments));
    LiveBrokers.program("amqp-publish").run(input.getBytes(UTF_8), all.toArray(String[]::new));
  }

  private static ReceivedMessage named(Iterable<ReceivedMessage> seen, String text) {
    for (ReceivedMessage message : seen) {
      if (new String(message.payload(), UTF_8).equals(text)) {
        return message;
      }
    }
    throw new AssertionError("no message " + text);
  }
}
