package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.PublishException.Outcome;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

/** Which code a failure of Kafka's has. */
final class KafkaErrorsTest {
  @Test
  void brokers_that_the_controller_has_not_heard_of_are_no_wrong_setting() {
    assertThat(
            code("Unable to replicate the partition 1 time(s): All brokers are currently fenced"))
        .isEqualTo(ErrorCode.BROKER_UNREACHABLE);
    assertThat(code("Unable to replicate the partition 3 time(s): only 1 broker(s) are registered"))
        .isEqualTo(ErrorCode.CONFIG_INVALID);
  }

  @Test
  void a_refusal_says_nothing_of_an_attempt_before_it() {
    KafkaException forbidden = new TopicAuthorizationException("orders");
    KafkaException alone = new NotEnoughReplicasException("1 of 2");
    for (KafkaException refusal : List.of(forbidden, alone)) {
      assertThat(outcome(refusal, true, true)).isEqualTo(Outcome.UNKNOWN);
      assertThat(outcome(refusal, true, false)).isEqualTo(Outcome.NOT_STORED);
      assertThat(outcome(refusal, false, false)).isEqualTo(Outcome.NOT_STORED);
    }
    KafkaException unfit = new RecordTooLargeException("2 MB");
    assertThat(outcome(unfit, true, true))
        .as("it was too large before")
        .isEqualTo(Outcome.NOT_STORED);
    assertThat(outcome(new TimeoutException("no answer"), true, false)).isEqualTo(Outcome.UNKNOWN);
  }

  private static Outcome outcome(KafkaException error, boolean handed, boolean resent) {
    return KafkaErrors.publish(error, "orders", handed, resent).outcome();
  }

  private static ErrorCode code(String said) {
    return KafkaErrors.of(new InvalidReplicationFactorException(said), "declaring").code();
  }
}
