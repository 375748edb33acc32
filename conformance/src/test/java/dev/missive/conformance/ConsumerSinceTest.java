package dev.missive.conformance;

import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Health;
import dev.missive.Messaging;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The health of a consumer says since when, however late somebody asks. */
final class ConsumerSinceTest {
  private static final Duration LATER = Duration.ofMinutes(10);

  @Test
  void a_state_began_when_it_began_and_not_when_somebody_looked() {
    try (Lab lab = Lab.virtual(new VirtualTime(), builder -> builder)) {
      Messaging messaging = lab.open();
      FakeHandler.Blocking blocking = FakeHandler.blocking();
      Consumer consumer = Lab.consumeWith(messaging, builder -> builder.handler(blocking));
      Instant started = lab.time.now();
      lab.time.advance(LATER);
      expect(messaging, ConsumerState.RUNNING, started);

      Instant published = lab.time.now();
      messaging.producer().publish(message("k", "v"));
      blocking.awaitEntered();
      messaging.producer().publish(message("k", "waits"));
      lab.time.advance(LATER);
      expect(messaging, ConsumerState.STALLED, published.plusSeconds(60));

      blocking.release();
      lab.await("it goes on", () -> consumer.state() == ConsumerState.RUNNING);
      Instant paused = lab.time.now();
      consumer.pause();
      lab.time.advance(LATER);
      expect(messaging, ConsumerState.PAUSED, paused);
    }
  }

  @Test
  void a_long_run_is_no_stall_before_something_has_waited_for_long() {
    try (Lab lab = Lab.virtual(new VirtualTime(), builder -> builder)) {
      Messaging messaging = lab.open();
      FakeHandler.Blocking blocking = FakeHandler.blocking();
      Instant started = lab.time.now();
      Lab.consumeWith(messaging, builder -> builder.handler(blocking));
      messaging.producer().publish(message("k", "v"));
      blocking.awaitEntered();

      lab.time.advance(LATER);
      expect(messaging, ConsumerState.RUNNING, started);

      Instant published = lab.time.now();
      messaging.producer().publish(message("k", "waits"));
      lab.time.advance(Duration.ofSeconds(59));
      expect(messaging, ConsumerState.RUNNING, started);
      lab.time.advance(LATER);
      expect(messaging, ConsumerState.STALLED, published.plusSeconds(60));
      blocking.release();
    }
  }

  @Test
  void a_run_that_fills_the_window_is_a_stall() {
    try (Lab lab = Lab.virtual(new VirtualTime(), builder -> builder)) {
      Messaging messaging = lab.open();
      FakeHandler.Blocking blocking = FakeHandler.blocking();
      Lab.consumeWith(messaging, builder -> builder.maxInFlight(1).handler(blocking));
      Instant published = lab.time.now();
      messaging.producer().publish(message("k", "v"));
      blocking.awaitEntered();

      lab.time.advance(LATER);

      expect(messaging, ConsumerState.STALLED, published.plusSeconds(60));
      blocking.release();
    }
  }

  private static Health.Consumer state(Messaging messaging) {
    return messaging.health().consumers().get(0);
  }

  private static void expect(Messaging messaging, ConsumerState state, Instant since) {
    assertThat(state(messaging).state()).isEqualTo(state);
    assertThat(state(messaging).since()).as("since").isEqualTo(since);
  }
}
