package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface DeadLetterClauses extends Clauses {
  @Test
  @DisplayName(
      "L01 L02 a dead letter carries the message unchanged and says why, when, after how many attempts")
  default void letter() {
    Messaging messaging = lab().open();
    consumeWith(
        messaging,
        builder ->
            builder
                .retry(Lab.QUICK.maxAttempts(2))
                .handler(
                    m -> {
                      throw new IllegalArgumentException("because\nof " + "x".repeat(3000));
                    }));
    Message sent = Message.builder(TOPIC).key("k").header("mine", "1").text("body").build();
    messaging.producer().publish(sent);
    Eventually.await(
        "dead-lettered", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 1);

    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      DeadLetters.Letter letter = cursor.next(10).get(0);
      assertThat(letter.message().id()).isEqualTo(sent.id());
      assertThat(letter.message().payload()).isEqualTo("body".getBytes());
      assertThat(letter.message().key()).isEqualTo("k".getBytes());
      assertThat(letter.message().headers()).containsExactlyEntriesOf(Map.of("mine", "1"));
      assertThat(letter.topic()).isEqualTo(TOPIC);
      assertThat(letter.group()).isEqualTo(GROUP);
      assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.ATTEMPTS_EXHAUSTED);
      assertThat(letter.error()).isEqualTo("java.lang.IllegalArgumentException");
      assertThat(letter.errorMessage()).startsWith("because of x").hasSizeLessThanOrEqualTo(1024);
      assertThat(letter.attempts()).isEqualTo(2);
      assertThat(letter.count()).isEqualTo(1);
      assertThat(letter.at())
          .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
      assertThat(letter.headers())
          .containsKeys("missive-dl-timestamp")
          .doesNotContainKey("missive-dl-stack");
    }
    assertThat(lab().broker.inFlight(TOPIC, GROUP)).isZero();
  }

  @Test
  @DisplayName(
      "L03 an undecodable message is dead-lettered after one attempt; the consumer goes on")
  default void undecodable() {
    Messaging messaging = lab().open();
    List<Integer> numbers = new CopyOnWriteArrayList<>();
    consumeWith(
        messaging,
        builder -> builder.typedHandler(Number.class, (number, m) -> numbers.add(number.value())));
    messaging.producer().publish(message("k", "{not json: secret-canary"));
    messaging.producer().publish(message("k", "{\"value\": 7}"));

    Eventually.await("the good one", () -> numbers.size() == 1);
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      DeadLetters.Letter letter = cursor.next(1).get(0);
      assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.UNDECODABLE);
      assertThat(letter.attempts()).isEqualTo(1);
      assertThat(letter.errorMessage()).doesNotContain("secret-canary");
    }
  }

  record Number(int value) {}

  @Test
  @DisplayName(
      "L04 while dead letters cannot be written the message stays, health says so, and it is tried again")
  default void unwritable() {
    lab().virtual();
    Messaging messaging = lab().open();
    Consumer consumer =
        consumeWith(
            messaging,
            builder -> builder.retry(Lab.QUICK.maxAttempts(1)).handler(FakeHandler.failing()));
    lab().broker.failDeadLetters(true);
    messaging.producer().publish(message("k", "v"));
    Eventually.await("stalled", () -> consumer.state() == ConsumerState.STALLED);
    assertThat(messaging.health().consumers().get(0).reason()).contains("dead letters");
    assertThat(lab().broker.inFlight(TOPIC, GROUP)).isEqualTo(1);

    lab().broker.failDeadLetters(false);
    lab().time.advance(Duration.ofMinutes(1));

    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isEqualTo(1);
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }

  @Test
  @DisplayName("L05 redrive returns letters to the failing group only")
  default void redrive() {
    Messaging messaging = lab().open();
    AtomicBoolean broken = new AtomicBoolean(true);
    Recorder seen =
        new Recorder(
            m -> {
              if (broken.get()) {
                throw new NotRetryableException("broken");
              }
            });
    Recorder other = new Recorder();
    consume(messaging, seen);
    Lab.started(messaging.consumer(TOPIC).group("other").handler(other).build());
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(message("k", "m" + i));
    }
    Eventually.await(
        "dead-lettered", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 10);
    broken.set(false);

    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.redrive(DeadLetters.RedriveOptions.all()).redriven()).isEqualTo(10);
    }

    seen.await(20);
    assertThat(seen.runs().subList(10, 20)).extracting(Recorder.Run::attempt).containsOnly(1);
    messaging.producer().publish(message("k", "sentinel"));
    other.await(11);
    assertThat(other.runs()).hasSize(11);
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isZero();
  }

  @Test
  @DisplayName("L06 a redrive that dies half-way and is repeated loses nothing")
  default void redrive_dies() {
    Messaging messaging = lab().open("application", "survivor");
    consumeWith(
            messaging,
            builder ->
                builder.handler(
                    m -> {
                      throw new NotRetryableException("broken");
                    }))
        .getClass();
    for (int i = 0; i < 100; i++) {
      messaging.producer().publishAsync(message("k", "m" + i));
    }
    Eventually.await(
        "dead-lettered", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 100);
    messaging.close(Duration.ofSeconds(5));

    Messaging victim = lab().open("application", "victim");
    DeadLetters.Cursor dying = victim.deadLetters().open(TOPIC, GROUP);
    assertThat(dying.redrive(DeadLetters.RedriveOptions.all().limit(50)).redriven()).isEqualTo(50);
    lab().broker.abandon("victim");
    Messaging again = lab().open();
    try (DeadLetters.Cursor cursor = again.deadLetters().open(TOPIC, GROUP)) {
      cursor.redrive(DeadLetters.RedriveOptions.all());
    }

    Recorder seen = new Recorder();
    consume(again, seen);
    Eventually.await("each at least once", () -> new HashSet<>(seen.texts()).size() == 100);
    assertThat(again.deadLetters().count(TOPIC, GROUP)).isZero();
  }

  @Test
  @DisplayName(
      "L07 letters can be paged, peeked 25 times, discarded one by one; a cursor hides what it holds")
  default void cursor() {
    Messaging messaging = lab().open();
    consumeWith(
        messaging,
        builder -> builder.retry(Lab.QUICK.maxAttempts(1)).handler(FakeHandler.failing()));
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(message("k", "m" + i));
    }
    Eventually.await("dead-lettered", () -> messaging.deadLetters().count(TOPIC, GROUP) == 10);
    for (int i = 0; i < 25; i++) {
      try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
        List<DeadLetters.Letter> page = cursor.next(4);
        List<DeadLetters.Letter> rest = cursor.next(100);
        assertThat(page).hasSize(4);
        assertThat(rest).hasSize(6);
        assertThat(new String(page.get(0).message().payload())).isEqualTo("m0");
        assertThat(cursor.next(1)).isEmpty();
        try (DeadLetters.Cursor second = messaging.deadLetters().open(TOPIC, GROUP)) {
          assertThat(second.next(1)).isEmpty();
        }
      }
    }
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      DeadLetters.Letter first = cursor.next(1).get(0);
      cursor.discard(first);
      assertThatThrownBy(() -> cursor.discard(first)).hasMessageContaining("settled already");
    }
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isEqualTo(9);
  }

  @Test
  @DisplayName("Z07 redrive respects filter, limit and dry run")
  default void redrive_options() {
    Messaging messaging = lab().open();
    Consumer consumer =
        consumeWith(
            messaging,
            builder -> builder.retry(Lab.QUICK.maxAttempts(1)).handler(FakeHandler.failing()));
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(message("k", "m" + i));
    }
    Eventually.await("dead-lettered", () -> messaging.deadLetters().count(TOPIC, GROUP) == 10);
    consumer.stop(Duration.ofSeconds(5));
    DeadLetters.RedriveOptions odd =
        DeadLetters.RedriveOptions.all()
            .filter(l -> Integer.parseInt(new String(l.message().payload()).substring(1)) % 2 == 1);

    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.redrive(odd.asDryRun())).isEqualTo(new RedriveReport(5, 5, 0, 0, true));
    }
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isEqualTo(10);
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.redrive(odd.limit(2)).redriven()).isEqualTo(2);
    }
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isEqualTo(8);
    assertThat(lab().broker.waitingIds(TOPIC, GROUP)).hasSize(2);
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
      Eventually.await(
          "dead-lettered", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == expected);
      try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
        DeadLetters.Letter letter = cursor.next(1).get(0);
        assertThat(letter.count()).isEqualTo(count);
        cursor.redrive(letter);
      }
    }
    Eventually.await(
        "dead-lettered", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 5);
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.redrive(DeadLetters.RedriveOptions.all()))
          .isEqualTo(new RedriveReport(0, 0, 1, 0, false));
    }
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.redrive(DeadLetters.RedriveOptions.all().forced()).redriven()).isEqualTo(1);
    }
  }
}
