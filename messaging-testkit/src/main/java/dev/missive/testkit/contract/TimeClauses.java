package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Capability;
import dev.missive.Counters;
import dev.missive.DeadLetters;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses T01 to T05. */
public interface TimeClauses {
  /**
   * T01, T02, and that a delay is no attempt (R01).
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "T01 T02 delayed messages are handled by due time, never early, the first attempt, and do not block each other")
  default void delays(Lab lab) {
    lab.needs(Capability.DELAY);
    Messaging messaging = lab.open();
    Map<String, Instant> handled = new ConcurrentHashMap<>();
    Set<Integer> attempts = ConcurrentHashMap.newKeySet();
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(4)
                .handler(
                    m -> {
                      attempts.add(m.attempt());
                      handled.put(Lab.text(m), lab.now());
                    }));
    Map<String, Instant> due = new ConcurrentHashMap<>();
    for (int millis : new int[] {3_600_000, 5000, 1000, 3000, 2000, 500, 0}) {
      due.put("" + millis, lab.now().plusMillis(millis));
      messaging
          .producer()
          .publish(
              lab.message("k" + millis, "" + millis).toBuilder()
                  .delay(Duration.ofMillis(millis))
                  .build());
    }
    Instant then = lab.now().plusMillis(2500);
    due.put("then", then);
    messaging.producer().publish(lab.message("k", "then").toBuilder().deliverAt(then).build());
    due.put("past", lab.now());
    messaging
        .producer()
        .publish(lab.message("k", "past").toBuilder().deliverAt(then.minusSeconds(60)).build());

    Duration late = lab.traits().deferPrecision().plusSeconds(1).plus(lab.slack());
    lab.await(
        "all but the long one",
        late.plusSeconds(6).plus(lab.broker().readyTimeout()),
        () -> handled.size() >= 8);
    assertThat(handled).doesNotContainKey("3600000");
    due.remove("3600000");
    due.forEach(
        (text, at) ->
            assertThat(handled.get(text))
                .as("when %s was handled", text)
                .isBetween(at.minusMillis(1), at.plus(late)));
    assertThat(attempts).as("attempts of what was delayed").containsExactly(1);
  }

  /**
   * T03.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("T03 delayed messages survive the death of the client and a restart of the broker")
  default void delay_survives(Lab lab) {
    lab.needs(Capability.DELAY);
    Messaging survivor = lab.open();
    lab.run("declaring", () -> survivor.topology().declare(lab.topic(), lab.group()));
    Victim victim = lab.victim();
    Instant start = lab.now();
    victim.publish(lab.topic(), "k", "later", Duration.ofSeconds(4));
    victim.kill();
    lab.part(Control.Restart.class).ifPresent(broker -> lab.killed(broker.restart()));
    List<Instant> times = new CopyOnWriteArrayList<>();
    lab.consume(lab.open(), m -> times.add(lab.now()));

    lab.await(
        "the delayed message",
        lab.traits().deferPrecision().plusSeconds(5).plus(lab.broker().readyTimeout()),
        () -> times.size() == 1);

    assertThat(times.get(0)).isAfterOrEqualTo(start.plusSeconds(4));
    // Without a restart that was half of the clause.
    lab.control(Control.Restart.class);
  }

  /**
   * T04.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "T04 an expired message is not handled, an almost expired one is; its own time to live wins")
  default void expiry(Lab lab) {
    lab.needs(Capability.TTL);
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    Producer producer = messaging.producerBuilder().timeToLive(Duration.ofMillis(500)).build();
    producer.publish(lab.message("default"));
    producer.publish(lab.message("longer").toBuilder().timeToLive(Duration.ofSeconds(60)).build());
    messaging.producer().publish(lab.message("for ever"));
    lab.pass(Duration.ofMillis(600));
    Recorder seen = new Recorder();

    lab.consume(messaging, seen);

    assertThat(lab.untilSentinel(messaging, seen)).containsExactly("longer", "for ever");
    Counters.Subscription counts = messaging.counters().of(lab.topic(), lab.group());
    assertThat(counts.expired()).isEqualTo(1);
    assertThat(counts.dropped()).isEqualTo(1);
  }

  /**
   * T04.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("T04 expired messages are dead-lettered if so configured")
  default void expired_letters(Lab lab) {
    lab.needs(Capability.TTL);
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    messaging
        .producer()
        .publish(lab.message("x").toBuilder().timeToLive(Duration.ofMillis(200)).build());
    lab.pass(Duration.ofMillis(300));
    lab.consumeWith(messaging, builder -> builder.deadLetterExpired().handler(m -> {}));
    lab.await(
        "the dead letter",
        () -> messaging.counters().of(lab.topic(), lab.group()).deadLettered() == 1);
    DeadLetters.Reason reason =
        lab.call(
            "reading dead letters",
            () -> {
              try (DeadLetters.Cursor cursor =
                  messaging.deadLetters().open(lab.topic(), lab.group())) {
                return cursor.next(1).get(0).reason();
              }
            });
    assertThat(reason).isEqualTo(DeadLetters.Reason.EXPIRED);
  }

  /**
   * T05.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("T05 higher priority is handled first")
  default void priority(Lab lab) {
    lab.needs(Capability.PRIORITY);
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    for (int priority : new int[] {0, 5, 9, 3, 9, 0, 7}) {
      messaging
          .producer()
          .publish(lab.message("" + priority).toBuilder().priority(priority).build());
    }
    Recorder seen = new Recorder();
    lab.consumeWith(messaging, builder -> builder.maxInFlight(1).handler(seen));
    lab.await(7, seen);
    assertThat(seen.texts()).containsExactly("9", "9", "7", "5", "3", "0", "0");
  }
}
