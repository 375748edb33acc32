package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Counters;
import dev.missive.DeadLetters;
import dev.missive.Health;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.RetryPolicy;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses O02 to O06. */
public interface OrderClauses {
  private static Counters.Subscription counts(Lab lab, Messaging messaging) {
    return messaging.counters().of(lab.topic(), lab.group());
  }

  /**
   * O02.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("O02 unsettled deliveries never exceed maxInFlight")
  default void in_flight_window(Lab lab) {
    Probe probe = lab.probe();
    Messaging messaging = lab.open(probe);
    lab.consumeWith(messaging, builder -> builder.maxInFlight(7).concurrency(3).handler(m -> {}));
    for (int i = 0; i < 500; i++) {
      messaging.producer().publishAsync(lab.message("k" + i, "v"));
    }
    lab.await("all handled", () -> counts(lab, messaging).acked() == 500);
    assertThat(probe.mostUnsettled()).as("most unsettled at a time").isBetween(1, 7);
  }

  /**
   * O03.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @Tag("alone")
  @DisplayName("O03 a backlog of 100,000 messages of 1 KiB is handled in a heap of 64 MB")
  default void backlog(Lab lab) {
    lab.needsProcess("the backlog is in the same heap");
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    String text = "x".repeat(1024);
    int messages = 100_000;
    try (ForkedVictim client = new ForkedVictim(lab, "64m", "open")) {
      client.command("block", lab.topic(), lab.group());
      AtomicInteger stored = new AtomicInteger();
      for (int i = 0; i < messages; i++) {
        messaging
            .producer()
            .publishAsync(lab.message("k" + i, text))
            .thenRun(stored::incrementAndGet);
      }
      Duration patience = Duration.ofSeconds(80);
      lab.await("all are queued", patience, () -> stored.get() == messages);
      assertThat(client.count("acked", lab.topic(), lab.group())).as("before").isZero();

      client.command("let-go");

      lab.await(
          "all handled",
          patience,
          () -> client.count("acked", lab.topic(), lab.group()) >= messages);
    }
  }

  /**
   * O04.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "O04 with ORDERED_RETRY successors of a key wait and others pass; a window full of them is STALLED")
  default void ordered_retry(Lab lab) {
    lab.needs(Capability.ORDERED_RETRY);
    Messaging messaging = lab.open();
    AtomicBoolean broken = new AtomicBoolean(true);
    Recorder seen =
        new Recorder(
            m -> {
              if (broken.get() && Lab.key(m).equals("bad")) {
                throw new IllegalStateException("again");
              }
            });
    Duration wait = Duration.ofSeconds(3);
    Consumer consumer =
        lab.consumeWith(
            messaging,
            builder ->
                builder
                    .ordering(Ordering.KEY)
                    .maxInFlight(5)
                    .retry(RetryPolicy.exponential(wait, wait).maxAttempts(50))
                    .handler(seen));
    messaging.producer().publish(lab.message("bad", "b0"));
    messaging.producer().publish(lab.message("bad", "b1"));
    messaging.producer().publish(lab.message("good", "g0"));
    // Of two keys either may be first.
    lab.await("the good one passes", () -> seen.texts().containsAll(List.of("b0", "g0")));
    assertThat(seen.texts()).doesNotContain("b1");
    for (int i = 2; i < 8; i++) {
      messaging.producer().publish(lab.message("bad", "b" + i));
    }
    // Seen together: while the key is tried once more the consumer runs.
    lab.await(
        "stalled, because of the key",
        () -> {
          Health.Consumer now = messaging.health().consumers().get(0);
          return now.state() == ConsumerState.STALLED && now.reason().contains("bad");
        });

    broken.set(false);

    lab.await("the last of the key", () -> seen.texts().contains("b7"));
    assertThat(seen.texts().stream().filter(text -> text.startsWith("b")).distinct())
        .containsExactly("b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7");
    assertThat(seen.runs().stream().filter(run -> !run.text().equals("b0")))
        .as("runs of the others")
        .hasSize(8)
        .allMatch(run -> run.attempt() == 1);
    lab.await("running again", () -> consumer.state() == ConsumerState.RUNNING);
  }

  /**
   * O05.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("O05 a handler that takes longer than the broker's redelivery runs once")
  default void lease_is_kept(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Recorder seen =
        new Recorder(
            m -> {
              if (Lab.text(m).equals("long")) {
                blocking.handle(m);
              }
            });
    lab.consume(messaging, seen);
    messaging.producer().publish(lab.message("long"));
    blocking.awaitEntered();

    lab.pass(lab.traits().redelivery().plusSeconds(1));
    blocking.release();

    lab.await("acked", () -> counts(lab, messaging).acked() == 1);
    assertThat(lab.untilSentinel(messaging, seen)).containsExactly("long");
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsOnly(1);
  }

  /**
   * O06.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "O06 beyond maxHandlingTime a handler is interrupted, the run fails, and its late result is ignored")
  default void handling_time(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Recorder seen =
        new Recorder(
            m -> {
              if (m.attempt() == 1) {
                blocking.handle(m);
              }
            });
    lab.consumeWith(
        messaging, builder -> builder.maxHandlingTime(Duration.ofSeconds(3)).handler(seen));
    messaging.producer().publish(lab.message("v"));
    blocking.awaitEntered();

    lab.await("interrupted", Duration.ofSeconds(4).plus(lab.slack()), blocking::interrupted);
    lab.await(2, seen);
    lab.await("acked", () -> counts(lab, messaging).acked() == 1);
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsExactly(1, 2);
    assertThat(counts(lab, messaging).failedRuns()).isEqualTo(1);
  }

  /**
   * O06.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "O06 a handler that ignores its interrupt keeps its lane, and health shows its stack")
  default void ignores_interrupt(Lab lab) {
    Messaging messaging = lab.open();
    CountDownLatch gate = new CountDownLatch(1);
    Recorder seen =
        new Recorder(
            m -> {
              if (Lab.text(m).equals("stuck")) {
                Beside.passUninterrupted(gate);
              }
            });
    Consumer consumer =
        lab.consumeWith(
            messaging,
            builder ->
                builder
                    .concurrency(2)
                    .maxHandlingTime(Duration.ofSeconds(1))
                    .retry(Lab.QUICK.maxAttempts(1))
                    .handler(seen));
    try {
      messaging.producer().publish(lab.message("stuck"));
      lab.await(1, seen);
      messaging.producer().publish(lab.message("same key"));
      messaging.producer().publish(lab.message("other", "other key"));

      lab.await("stalled", () -> consumer.state() == ConsumerState.STALLED);
      Health.Consumer stalled = messaging.health().consumers().get(0);
      assertThat(stalled.reason()).contains("ignores its interrupt");
      assertThat(stalled.stack()).isNotEmpty();
      lab.await(2, seen);
      assertThat(seen.texts()).containsExactly("stuck", "other key");
    } finally {
      gate.countDown();
    }
    lab.await(3, seen);
    lab.await("running again", () -> consumer.state() == ConsumerState.RUNNING);
    lab.run("reading why it failed", () -> assertTimedOut(lab, messaging));
  }

  private static void assertTimedOut(Lab lab, Messaging messaging) {
    lab.await("dead-lettered", () -> lab.letters(messaging, lab.group()) == 1);
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(lab.topic(), lab.group())) {
      List<DeadLetters.Letter> letters = new ArrayList<>();
      lab.await("its dead letter", () -> letters.addAll(cursor.next(1)));
      assertThat(letters.get(0).errorMessage()).contains("MSG-HANDLER-TIMEOUT");
    }
  }
}
