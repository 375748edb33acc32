package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.nats.client.Options;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class NatsPortTest {
  /** The class it extends expects a time. */
  @Test
  void options_without_a_time_for_writing_are_accepted() {
    Options forEver = new Options.Builder().socketWriteTimeout((Duration) null).build();

    assertThatCode(() -> new NatsPort().afterConstruct(forEver)).doesNotThrowAnyException();
  }
}
