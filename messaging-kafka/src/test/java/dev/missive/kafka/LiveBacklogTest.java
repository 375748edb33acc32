package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What waits in the client, while partitions that have nothing are asked for more. */
@Tag("broker")
final class LiveBacklogTest {
  private static final int MESSAGES = 10_000;
  private static final int WINDOW = 10;

  /** A thousand windows, and a fetch that finds nothing takes half a second: 500 s if all wait. */
  private static final Duration LONG = Duration.ofSeconds(60);

  @Test
  void fetched_messages_do_not_wait_for_empty_partitions() {
    LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
    String topic = Live.topic();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    try (Messaging messaging = Live.open(broker, "classic")) {
      messaging.topology().declare(topic, "fast");
      for (int i = 0; i < MESSAGES; i++) {
        messaging.producer().publishAsync(Message.of(topic, "one partition", new byte[10]));
      }
      messaging.producer().flush();
      Consumer consumer =
          messaging
              .consumer(topic)
              .group("fast")
              .maxInFlight(WINDOW)
              .handler(message -> handled.add(message.id()))
              .build();
      consumer.start();

      Eventually.await("all are handled", LONG, () -> handled.size() == MESSAGES);

      assertThat(consumer.stop(Duration.ofSeconds(10)).complete()).isTrue();
    }
  }
}
