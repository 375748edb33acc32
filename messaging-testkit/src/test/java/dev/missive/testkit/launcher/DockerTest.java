package dev.missive.testkit.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Brokers in containers; skipped, with the reason, where Docker or an image cannot be had. */
@Tag("full")
final class DockerTest {

  @ParameterizedTest
  @EnumSource
  void runs_in_a_container_until_it_is_closed(BrokerKind kind) throws Exception {
    int port;
    try (LiveBroker broker = start(BrokerOptions.of(kind))) {
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

  private static LiveBroker start(BrokerOptions options) {
    Docker.missing().ifPresent(Assumptions::abort);
    try {
      return Docker.start(options);
    } catch (BrokerMissingException e) {
      return Assumptions.abort(e.getMessage());
    }
  }
}
