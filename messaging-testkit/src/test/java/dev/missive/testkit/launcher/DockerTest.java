package dev.missive.testkit.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Brokers in containers; skipped, with the reason, where Docker or an image cannot be had. */
@Tag("full")
final class DockerTest {

  @ParameterizedTest
  @EnumSource
  void runs_in_a_container_until_it_is_closed(BrokerKind kind) throws Exception {
    int port;
    try (LiveBroker broker = start(() -> Docker.start(BrokerOptions.of(kind)))) {
      port = Integer.parseInt(broker.url().replaceAll(".*:", ""));
      assertThat(broker.origin()).isEqualTo(BrokerOrigin.DOCKER);
      assertThat(broker.version()).isNotEqualTo("unknown");
      assertThat(broker.url()).contains("127.0.0.1:" + port).isEqualTo(broker.directUrl());
      Wire.open(port);

      assertThat(broker.nodes()).isEmpty();
      assertThatThrownBy(broker::restart)
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.CAPABILITY_MISSING))
          .hasMessageContaining("withProcess()");
    }
    assertThatThrownBy(() -> Wire.open(port)).isInstanceOf(IOException.class);
  }

  /** Runs, but is another broker; or ends, since it does not know the other's arguments. */
  @ParameterizedTest
  @CsvSource({"KAFKA, nats:2.15", "NATS, apache/kafka:4.3.1"})
  void container_that_does_not_answer_is_reported_with_its_log(BrokerKind kind, String image) {
    BrokerOptions options = BrokerOptions.of(kind).withStartTimeout(Duration.ofSeconds(5));

    // A try, since what skips the test must pass through.
    try (LiveBroker broker = start(() -> Docker.start(options, image))) {
      fail("it answers at " + broker.url());
    } catch (MessagingException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE);
      assertThat(e)
          .hasMessageContaining(image)
          .hasMessageMatching("(?s).*The end of its log:\\n.*\\S.*");
    }
  }

  private static LiveBroker start(Supplier<LiveBroker> starting) {
    Docker.missing().ifPresent(Assumptions::abort);
    try {
      return starting.get();
    } catch (BrokerMissingException e) {
      return Assumptions.abort(e.getMessage());
    }
  }
}
