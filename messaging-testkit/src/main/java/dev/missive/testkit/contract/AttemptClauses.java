package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.DrainReport;
import dev.missive.Messaging;
import dev.missive.RetryPolicy;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clause R01: the attempt is one more than the failed runs that are recorded. */
public interface AttemptClauses {
  private static Counters.Subscription counts(Lab lab, Messaging messaging) {
    return messaging.counters().of(lab.topic(), lab.group());
  }

  /**
   * R01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("R01 stop, return and pause leave the attempt alone")
  default void attempts_are_true(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Consumer consumer =
        lab.consumeWith(messaging, builder -> builder.maxInFlight(10).handler(blocking));
    for (int i = 0; i < 5; i++) {
      messaging.producer().publish(lab.message("m" + i));
    }
    lab.await("five are held", () -> counts(lab, messaging).held() == 5);
    blocking.awaitEntered();
    consumer.pause();
    consumer.resume();
    DrainReport report = lab.stop(consumer, Duration.ofMillis(20));
    // Where a delivery cannot be held for ever, the pause has given back the four not started.
    long atMost = lab.traits().longestHold().isZero() ? 5 : 9;
    assertThat(report.returned()).isBetween(5L, atMost);
    assertThat(blocking.interrupted()).isTrue();

    Recorder seen = new Recorder();
    lab.consume(messaging, seen);

    assertThat(lab.await(5, seen)).extracting(Recorder.Run::attempt).containsOnly(1);
    assertThat(seen.texts()).containsExactlyInAnyOrder("m0", "m1", "m2", "m3", "m4");
  }

  /**
   * R01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("R01 after a kill the attempt may be lower than the runs there were, never higher")
  default void attempts_after_a_kill(Lab lab) {
    Messaging survivor = lab.open();
    lab.run("declaring", () -> survivor.topology().declare(lab.topic(), lab.group()));
    Victim victim = lab.victim();
    victim.consume(lab.topic(), lab.group(), 1, 1, Duration.ofMillis(5), "held");
    survivor.producer().publish(lab.message("k1", "fails once"));
    lab.await("its second run", () -> victim.runs().size() == 2);
    survivor.producer().publish(lab.message("k2", "held"));
    lab.await("it is held", () -> victim.runs().size() == 3);
    victim.kill();

    Recorder seen = new Recorder();
    lab.consume(survivor, seen);
    lab.await(
        "the held message",
        lab.traits().redelivery().plus(lab.broker().readyTimeout()),
        () -> seen.texts().contains("held"));

    seen.runs()
        .forEach(
            run ->
                assertThat(run.attempt())
                    .as("attempt of \"%s\"", run.text())
                    .isLessThanOrEqualTo(run.text().equals("held") ? 1 : 3));
  }

  /**
   * R01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("R01 a retry that only waits for a handler keeps its attempt when it goes back")
  default void attempts_of_what_is_due(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    AtomicInteger failures = new AtomicInteger();
    // Long enough for another message to come first; in the client where waits may stay there.
    Duration wait = Duration.ofMillis(500);
    Consumer consumer =
        lab.consumeWith(
            messaging,
            builder ->
                builder
                    .retry(RetryPolicy.exponential(wait, wait))
                    .handler(
                        m -> {
                          if (Lab.text(m).equals("fails")) {
                            failures.incrementAndGet();
                            throw new IllegalStateException("again");
                          }
                          blocking.handle(m);
                        }));
    messaging.producer().publish(lab.message("k1", "fails"));
    lab.await("its first run", () -> failures.get() > 0);
    messaging.producer().publish(lab.message("k2", "blocks"));
    blocking.awaitEntered();
    lab.await(
        "the retry is due and waits for the handler",
        () -> counts(lab, messaging).held() == 2 && counts(lab, messaging).parked() == 0);
    // Time for its copy to be stored; what blocks is given up.
    lab.stop(consumer, Duration.ofSeconds(8));

    Recorder seen = new Recorder();
    lab.consume(messaging, seen);

    lab.await(2, seen);
    assertThat(seen.runs())
        .filteredOn(run -> run.text().equals("fails"))
        .extracting(Recorder.Run::attempt)
        .containsExactly(failures.get() + 1);
  }
}
