package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class NatsErrorsTest {
  @Test
  void a_loss_has_a_reason_whatever_the_client_says() {
    assertThat(NatsErrors.loss(null)).isEqualTo("the server closed it");
    assertThat(NatsErrors.loss(new IOException("Read channel closed.")))
        .isEqualTo("Read channel closed.");
    assertThat(NatsErrors.loss(new IOException())).isEqualTo("IOException");
    assertThat(NatsErrors.loss(new IOException("at nats://me:secret@host:4222")))
        .isEqualTo("at nats://host:4222");
  }
}
