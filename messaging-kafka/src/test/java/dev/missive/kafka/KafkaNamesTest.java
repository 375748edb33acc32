package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Names that are too much alike for Kafka, which writes dots as underscores in its metrics. */
@Tag("broker")
final class KafkaNamesTest {
  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
  private final String prefix = KafkaLab.topic();

  @Test
  void topics_that_differ_only_in_dots_and_underscores_are_a_mismatch() {
    try (Messaging messaging = KafkaLab.open(broker, "classic")) {
      messaging.topology().declare(prefix + ".orders", "g");

      assertThatThrownBy(() -> messaging.topology().declare(prefix + "_orders", "g"))
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.TOPOLOGY_MISMATCH))
          .hasMessageContaining(prefix + "_orders")
          .hasMessageContaining("differ only in . and _");
    }
  }

  @Test
  void applications_whose_names_are_written_alike_get_their_own_replies() throws Exception {
    String topic = prefix + "-asked";
    try (Messaging answering = KafkaLab.open(broker, "classic");
        Consumer consumer =
            answering
                .consumer(topic)
                .group("g")
                .replyHandler(request -> request.reply().payload(request.payload()).build())
                .build()) {
      consumer.start();
      for (String name : List.of(".a", "_a", "-a", " a")) {
        try (Messaging asking = KafkaLab.open(broker, "classic", "application", prefix + name)) {
          byte[] answer =
              asking
                  .requester()
                  .request(Message.builder(topic).text(name).build(), Duration.ofSeconds(30))
                  .toCompletableFuture()
                  .get(120, TimeUnit.SECONDS)
                  .payload();
          assertThat(answer).asString(StandardCharsets.UTF_8).isEqualTo(name);
        }
      }
    }
  }
}
