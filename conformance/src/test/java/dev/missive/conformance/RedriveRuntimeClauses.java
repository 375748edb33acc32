package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.testkit.FakeHandler;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses Z07 and Z08. */
public interface RedriveRuntimeClauses extends Clauses {
  @Test
  @DisplayName("Z07 redrive respects filter, limit and dry run")
  default void redrive_options() {
    Messaging messaging = lab().open();
    tenDeadLetters(messaging);
    DeadLetters.RedriveOptions odd =
        DeadLetters.RedriveOptions.all()
            .filter(l -> Integer.parseInt(new String(l.message().payload()).substring(1)) % 2 == 1);

    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.redrive(odd.asDryRun())).isEqualTo(new RedriveReport(5, 5, 0, 0, true));
    }
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isEqualTo(10);
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.redrive(odd.limit(2)).redriven()).as("redriven").isEqualTo(2);
    }
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isEqualTo(8);
    assertThat(lab().broker.waitingIds(TOPIC, GROUP)).hasSize(2);
  }

  @Test
  @DisplayName("Z07 redrive respects its rate")
  default void redrive_rate() {
    Messaging messaging = lab().open();
    tenDeadLetters(messaging);
    DeadLetters.RedriveOptions slowly = DeadLetters.RedriveOptions.all().perSecond(2);
    long began = lab().time.nanos();
    CompletableFuture<RedriveReport> report =
        CompletableFuture.supplyAsync(
            () -> {
              try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
                return cursor.redrive(slowly);
              }
            },
            task -> new Thread(task, "redrive").start());

    lab()
        .await(
            "redriven",
            () -> {
              int redriven = lab().broker.waitingIds(TOPIC, GROUP).size();
              double seconds = (lab().time.nanos() - began) / 1e9;
              assertThat(redriven)
                  .as("letters redriven after %s s, two a second", seconds)
                  .isLessThanOrEqualTo(1 + (int) (2 * seconds));
              return report.isDone();
            });
    assertThat(report.join().redriven()).isEqualTo(10);
  }

  private void tenDeadLetters(Messaging messaging) {
    Consumer consumer =
        consumeWith(
            messaging,
            builder -> builder.retry(Lab.QUICK.maxAttempts(1)).handler(FakeHandler.failing()));
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(message("k", "m" + i));
    }
    lab().await("dead-lettered", () -> messaging.deadLetters().count(TOPIC, GROUP) == 10);
    consumer.stop(Duration.ofSeconds(5));
  }

  @Test
  @DisplayName(
      "Z08 a redriven letter that fails again counts up; from 5 on redrive leaves it unless forced")
  default void loop_guard() {
    Messaging messaging = lab().open();
    consumeWith(
        messaging,
        builder -> builder.retry(Lab.QUICK.maxAttempts(1)).handler(FakeHandler.failing()));
    messaging.producer().publish(message("k", "v"));
    for (int count = 1; count < 5; count++) {
      int expected = count;
      lab()
          .await(
              "dead-lettered",
              () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == expected);
      try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
        DeadLetters.Letter letter = cursor.next(1).get(0);
        assertThat(letter.count()).as("times dead-lettered").isEqualTo(count);
        cursor.redrive(letter);
      }
    }
    lab().await("dead-lettered", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 5);
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      DeadLetters.Letter letter = cursor.next(1).get(0);
      assertThatThrownBy(() -> cursor.redrive(letter))
          .as("redrive of one letter")
          .hasMessageContaining("5 times");
    }
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.redrive(DeadLetters.RedriveOptions.all()))
          .isEqualTo(new RedriveReport(0, 0, 1, 0, false));
    }
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.redrive(DeadLetters.RedriveOptions.all().forced()).redriven()).isEqualTo(1);
    }
  }
}
