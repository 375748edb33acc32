package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Atomic batches on a broker that cannot run transactions: its log of them wants three brokers. */
@Tag("full")
final class KafkaAtomicTest {
  @Test
  void batch_that_got_no_answer_does_not_spoil_those_that_follow() {
    String topic = KafkaLab.topic();
    try (LiveBroker broker =
            Brokers.kafka().withConfig("transaction.state.log.replication.factor", "3").start();
        Messaging messaging = KafkaLab.open(broker, "classic")) {
      messaging.topology().declare(topic, "g");
      List<Message> batch = List.of(Message.builder(topic).text("x").build());
      for (int again = 0; again < 2; again++) {
        assertThatThrownBy(() -> messaging.producer().publishAtomically(batch))
            .isInstanceOfSatisfying(
                PublishException.class,
                e -> {
                  assertThat(e.code()).isEqualTo(ErrorCode.PUBLISH_TIMEOUT);
                  assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
                });
      }
    }
  }
}
