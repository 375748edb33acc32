package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
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

  private static ErrorCode code(String said) {
    return KafkaErrors.of(new InvalidReplicationFactorException(said), "declaring").code();
  }
}
