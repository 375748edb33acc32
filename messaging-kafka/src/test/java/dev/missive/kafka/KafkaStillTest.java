package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Receipt;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Publishing while the broker stands still: Kafka's own send waits for what it has to ask. */
@Tag("broker")
final class KafkaStillTest {
  @Test
  void a_call_does_not_wait_for_what_the_broker_has_to_tell_of_a_topic() throws Exception {
    String used = KafkaLab.topic();
    String unused = KafkaLab.topic();
    try (LiveBroker broker = LiveBrokers.start(Brokers.kafka().withProcess());
        Messaging messaging =
            // Longer than anybody waits below.
            KafkaLab.open(broker, "classic", "kafka.client.max.block.ms", "120000")) {
      messaging.topology().declareTopic(used);
      messaging.topology().declareTopic(unused);
      messaging.producer().publish(message(used));
      broker.node().pause();
      List<CompletableFuture<Receipt>> stages;
      try {
        CompletableFuture<List<CompletableFuture<Receipt>>> calls =
            CompletableFuture.supplyAsync(
                () -> List.of(publish(messaging, unused), publish(messaging, used)));
        Eventually.await("both calls return", calls::isDone);
        stages = calls.join();
        assertThat(stages).noneMatch(CompletableFuture::isDone);
      } finally {
        broker.node().resume();
      }
      for (CompletableFuture<Receipt> stage : stages) {
        assertThat(stage.get(120, TimeUnit.SECONDS).position()).isNotNull();
      }
    }
  }

  private static CompletableFuture<Receipt> publish(Messaging messaging, String topic) {
    return messaging.producer().publishAsync(message(topic)).toCompletableFuture();
  }

  private static Message message(String topic) {
    return Message.builder(topic).text("x").build();
  }
}
