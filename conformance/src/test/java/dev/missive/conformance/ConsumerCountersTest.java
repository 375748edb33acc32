package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Counters;
import dev.missive.Messaging;
import dev.missive.Outcome;
import dev.missive.RetryPolicy;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a consumer counts, and what of its window may wait for a retry. */
final class ConsumerCountersTest {
  private static final Duration WAIT = Duration.ofSeconds(5);

  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);

  @AfterEach
  void close() {
    lab.close();
  }

  private static Counters.Subscription counts(Messaging messaging) {
    return messaging.counters().of(TOPIC, GROUP);
  }

  @Test
  void every_run_that_asked_for_a_retry_has_failed_the_last_one_too() {
    Messaging messaging = lab.open();
    consumeWith(
        messaging,
        builder -> builder.retry(Lab.QUICK.maxAttempts(3)).outcomeHandler(m -> Outcome.retry()));
    messaging.producer().publish(message("a", "x"));

    lab.await("the letter", () -> counts(messaging).deadLettered() == 1);
    assertThat(counts(messaging).runs()).isEqualTo(3);
    assertThat(counts(messaging).failedRuns()).isEqualTo(3);
  }

  @Test
  void what_is_held_is_counted_in_bytes_too() {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    consumeWith(messaging, builder -> builder.handler(blocking));
    messaging.producer().publish(message("a", "seven b"));
    messaging.producer().publish(message("b", "abc"));

    lab.await("both held", () -> counts(messaging).held() == 2);
    assertThat(counts(messaging).heldBytes()).isEqualTo(10);
    blocking.release();
    lab.await("both handled", () -> counts(messaging).acked() == 2);
    assertThat(counts(messaging).heldBytes()).isZero();
  }

  @Test
  void retries_wait_in_half_of_the_window_and_the_others_at_the_broker() {
    Messaging messaging = failing(5);
    for (int i = 0; i < 5; i++) {
      messaging.producer().publish(message("k" + i, "x"));
    }

    lab.time.settle();
    assertThat(counts(messaging).runs()).isEqualTo(5);
    assertThat(counts(messaging).parked()).isEqualTo(2);
    assertThat(counts(messaging).held()).isEqualTo(2);
    assertThat(counts(messaging).retried()).isEqualTo(3);
    lab.time.advance(WAIT.multipliedBy(2));
    assertThat(counts(messaging).acked()).isEqualTo(5);
    assertThat(counts(messaging).runs()).isEqualTo(10);
  }

  @Test
  void no_retry_waits_in_a_window_of_one() {
    Messaging messaging = failing(1);
    messaging.producer().publish(message("a", "x"));

    lab.time.settle();
    assertThat(counts(messaging).parked()).isZero();
    assertThat(counts(messaging).retried()).isEqualTo(1);
    lab.time.advance(WAIT.multipliedBy(2));
    assertThat(counts(messaging).acked()).isEqualTo(1);
  }

  /** On a broker that leaves short waits to its client; the first run of each message fails. */
  private Messaging failing(int window) {
    Messaging messaging = lab.open("memory.wait-in-process", "10s");
    consumeWith(
        messaging,
        builder ->
            builder
                .maxInFlight(window)
                .retry(RetryPolicy.exponential(WAIT, WAIT))
                .handler(FakeHandler.failing(1)));
    return messaging;
  }
}
