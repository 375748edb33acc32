package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.ClientProgram;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What kcat, and so librdkafka, writes and reads (semantics, "On the wire"). */
@Tag("broker")
final class KafkaToolsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
  private final String topic = KafkaLab.topic();
  private final ClientProgram kcat = LiveBrokers.program("kcat");

  @Test
  void what_kcat_produces_is_handled() {
    ConcurrentLinkedQueue<ReceivedMessage> seen = new ConcurrentLinkedQueue<>();
    try (Messaging messaging = KafkaLab.open(broker, "classic")) {
      KafkaLoad.consumer(messaging, topic, "billing", 1, seen::add);

      produce("\u0001\u00ff:hello\n", "-H", "twice=first", "-H", "twice=last");
      Eventually.await("the first", LONG, () -> seen.size() == 1);
      // An empty key or value is none.
      produce(":without a key\n", "-Z");
      Eventually.await("the second", LONG, () -> seen.size() == 2);
      produce("gone:\n", "-Z");
      Eventually.await("the third", LONG, () -> seen.size() == 3);
    }
    ReceivedMessage full = seen.remove();
    assertThat(full.payload()).isEqualTo("hello".getBytes(UTF_8));
    assertThat(full.key()).isEqualTo("\u0001\u00ff".getBytes(UTF_8));
    assertThat(full.headers()).containsEntry("twice", "last");
    ReceivedMessage keyless = seen.remove();
    assertThat(keyless.key()).isNull();
    assertThat(keyless.payload()).isEqualTo("without a key".getBytes(UTF_8));
    ReceivedMessage tombstone = seen.remove();
    assertThat(tombstone.key()).isEqualTo("gone".getBytes(UTF_8));
    assertThat(tombstone.payload()).isNull();
  }

  @Test
  void kcat_shows_what_we_produce() {
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.partitions", "1")) {
      messaging.topology().declareTopic(topic);
      messaging
          .producer()
          .publish(
              Message.builder(topic)
                  .id("m1")
                  .type("order.created")
                  .key("k")
                  .header("source", "web")
                  .text("hello")
                  .build());
    }

    String shown = kcat("", List.of("-C", "-o", "beginning", "-e", "-q", "-f", "%k|%s|%h|"));

    assertThat(shown)
        .startsWith("k|hello|")
        .contains("missive-id=m1", "missive-type=order.created", "source=web");
  }

  private void produce(String line, String... arguments) {
    List<String> all = new ArrayList<>(List.of("-P", "-K", ":"));
    all.addAll(List.of(arguments));
    kcat(line, all);
  }

  private String kcat(String input, List<String> arguments) {
    List<String> all = new ArrayList<>(List.of("-b", broker.url(), "-t", topic));
    all.addAll(arguments);
    return kcat.run(input.getBytes(UTF_8), all.toArray(String[]::new));
  }
}
