package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DeadLetters;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.NotRetryableException;
import dev.missive.spi.Destination;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses L01 to L07. */
public interface DeadLetterClauses {
  private static long letters(Lab lab, Messaging messaging) {
    return lab.letters(messaging, lab.group());
  }

  private static DeadLetters.Cursor cursor(Lab lab, Messaging messaging) {
    return messaging.deadLetters().open(lab.topic(), lab.group());
  }

  /** Pages until there are enough: a broker may give fewer at a time than it has. */
  private static List<DeadLetters.Letter> page(Lab lab, DeadLetters.Cursor cursor, int count) {
    List<DeadLetters.Letter> letters = new ArrayList<>();
    lab.await(
        count + " letters",
        () -> {
          letters.addAll(cursor.next(count - letters.size()));
          return letters.size() == count;
        });
    return letters;
  }

  private static String text(DeadLetters.Letter letter) {
    return Lab.text(letter.message());
  }

  /**
   * L01, L02.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "L01 L02 a dead letter carries the message unchanged and says why, when, after how many attempts")
  default void letter(Lab lab) {
    Messaging messaging = lab.open();
    Consumer consumer =
        lab.consumeWith(
            messaging,
            builder ->
                builder
                    .retry(Lab.QUICK.maxAttempts(2))
                    .handler(
                        m -> {
                          throw new IllegalArgumentException("because\nof " + "x".repeat(3000));
                        }));
    Instant before = lab.now();
    Instant published = before.minusSeconds(60).truncatedTo(ChronoUnit.MILLIS);
    Message sent = lab.message("body").toBuilder().header("mine", "1").timestamp(published).build();
    messaging.producer().publish(sent);
    lab.await("dead-lettered", () -> letters(lab, messaging) == 1);

    lab.run(
        "reading dead letters",
        () -> {
          try (DeadLetters.Cursor cursor = cursor(lab, messaging)) {
            DeadLetters.Letter letter = page(lab, cursor, 1).get(0);
            assertThat(letter.message().id()).isEqualTo(sent.id());
            assertThat(letter.message().payload())
                .isEqualTo("body".getBytes(StandardCharsets.UTF_8));
            assertThat(letter.message().key()).isEqualTo("k".getBytes(StandardCharsets.UTF_8));
            assertThat(letter.message().headers())
                .containsExactlyInAnyOrderEntriesOf(Map.of("mine", "1"));
            assertThat(letter.topic()).isEqualTo(lab.topic());
            assertThat(letter.group()).isEqualTo(lab.group());
            assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.ATTEMPTS_EXHAUSTED);
            assertThat(letter.error()).as("error").isEqualTo("java.lang.IllegalArgumentException");
            assertThat(letter.errorMessage())
                .startsWith("because of x")
                .hasSizeLessThanOrEqualTo(1024);
            assertThat(letter.attempts()).isEqualTo(2);
            assertThat(letter.count()).isEqualTo(1);
            assertThat(letter.at()).isBetween(before.minusSeconds(1), lab.now().plusSeconds(1));
            assertThat(letter.headers())
                .containsEntry("missive-dl-timestamp", published.toString())
                .doesNotContainKey("missive-dl-stack");
          }
        });
    lab.stop(consumer, Duration.ofSeconds(5));
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    assertThat(lab.untilSentinel(messaging, seen)).as("it was acked at its source").isEmpty();
  }

  /**
   * L03.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "L03 an undecodable message is dead-lettered after one attempt; the consumer goes on")
  default void undecodable(Lab lab) {
    Messaging messaging = lab.open();
    List<Integer> numbers = new CopyOnWriteArrayList<>();
    lab.consumeWith(
        messaging,
        builder -> builder.typedHandler(Number.class, (number, m) -> numbers.add(number.value())));
    messaging.producer().publish(lab.message("{not json: secret-canary"));
    messaging.producer().publish(lab.message("{\"value\": 7}"));

    lab.await("the good one", () -> numbers.size() == 1);
    lab.run(
        "reading dead letters",
        () -> {
          try (DeadLetters.Cursor cursor = cursor(lab, messaging)) {
            DeadLetters.Letter letter = page(lab, cursor, 1).get(0);
            assertThat(letter.reason()).as("reason").isEqualTo(DeadLetters.Reason.UNDECODABLE);
            assertThat(letter.attempts()).isEqualTo(1);
            assertThat(letter.errorMessage()).doesNotContain("secret-canary");
          }
        });
  }

  /**
   * What L03 decodes to.
   *
   * @param value any number
   */
  record Number(int value) {}

  /**
   * L04.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "L04 while dead letters cannot be written the message stays, health says so, and it is tried again")
  default void unwritable(Lab lab) {
    Probe probe = lab.probe();
    Messaging messaging = lab.open(probe);
    Consumer consumer =
        lab.consumeWith(
            messaging,
            builder -> builder.retry(Lab.QUICK.maxAttempts(1)).handler(FakeHandler.failing()));
    probe.fail(Destination.DeadLetters.class::isInstance);
    messaging.producer().publish(lab.message("v"));
    lab.await("stalled", () -> consumer.state() == ConsumerState.STALLED);
    assertThat(messaging.health().consumers().get(0).reason()).contains("dead letters");
    assertThat(probe.unsettled()).isEqualTo(1);

    probe.fail(to -> false);

    lab.await("the dead letter", Duration.ofSeconds(90), () -> letters(lab, messaging) == 1);
    lab.await("running again", () -> consumer.state() == ConsumerState.RUNNING);
    assertThat(probe.unsettled()).isZero();
  }

  /**
   * L05.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("L05 redrive returns letters to the failing group only")
  default void redrive(Lab lab) {
    Messaging messaging = lab.open();
    AtomicBoolean broken = new AtomicBoolean(true);
    Recorder seen =
        new Recorder(
            m -> {
              if (broken.get()) {
                throw new NotRetryableException("broken");
              }
            });
    Recorder other = new Recorder();
    lab.consume(messaging, seen);
    lab.started(messaging.consumer(lab.topic()).group(lab.group("other")).handler(other).build());
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(lab.message("m" + i));
    }
    lab.await("dead-lettered", () -> letters(lab, messaging) == 10);
    broken.set(false);

    assertThat(redriveAll(lab, messaging)).isEqualTo(10);

    lab.await(20, seen);
    assertThat(seen.runs().subList(10, 20)).extracting(Recorder.Run::attempt).containsOnly(1);
    assertThat(lab.untilSentinel(messaging, other)).as("the other group").hasSize(10);
    lab.await("no letter is left", () -> letters(lab, messaging) == 0);
  }

  private static long redriveAll(Lab lab, Messaging messaging) {
    return lab.call(
        "redriving",
        () -> {
          try (DeadLetters.Cursor cursor = cursor(lab, messaging)) {
            return cursor.redrive(DeadLetters.RedriveOptions.all()).redriven();
          }
        });
  }

  /**
   * L06.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "L06 a redrive that is killed half-way and repeated loses nothing, at most one page comes twice")
  default void redrive_dies(Lab lab) {
    Messaging messaging = lab.open();
    Consumer failing =
        lab.consume(
            messaging,
            m -> {
              throw new NotRetryableException("broken");
            });
    for (int i = 0; i < 100; i++) {
      messaging.producer().publishAsync(lab.message("m" + i));
    }
    lab.await("dead-lettered", () -> letters(lab, messaging) == 100);
    lab.stop(failing, Duration.ofSeconds(5));

    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    Victim victim = lab.victim();
    // Slow enough to be killed on the way.
    victim.redrive(lab.topic(), lab.group(), 10);
    lab.await("half of them are redriven", () -> seen.runs().size() >= 50);
    victim.kill();
    int redriven = seen.runs().size();
    assertThat(redriven).as("runs of what was redriven before the kill").isLessThan(100);
    lab.await(
        "each at least once",
        lab.traits().redelivery().plus(lab.broker().readyTimeout().multipliedBy(2)),
        () -> {
          redriveAll(lab, messaging);
          return new HashSet<>(seen.texts()).size() == 100;
        });

    // One whose copy was stored, and which was not acknowledged any more, may come back late. Some
    // were redriven in the last second and not seen yet.
    int atMost = 100 + redriven + 10;
    lab.await(
        "no letter is left",
        lab.traits().redelivery().plus(lab.broker().readyTimeout()),
        () -> {
          redriveAll(lab, messaging);
          return letters(lab, messaging) == 0 || seen.runs().size() > atMost;
        });
    assertThat(lab.untilSentinel(messaging, seen))
        .as("runs, at most one page twice: what was redriven before the kill")
        .hasSizeLessThanOrEqualTo(atMost);
  }

  /**
   * L07.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "L07 letters can be paged, peeked 25 times, discarded one by one; a cursor hides what it holds")
  default void pages(Lab lab) {
    Messaging messaging = lab.open();
    lab.consumeWith(
        messaging,
        builder -> builder.retry(Lab.QUICK.maxAttempts(1)).handler(FakeHandler.failing()));
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      texts.add("m" + i);
      messaging.producer().publish(lab.message("m" + i));
    }
    lab.await("dead-lettered", () -> letters(lab, messaging) == 10);

    for (int i = 0; i < 25; i++) {
      boolean last = i == 24;
      lab.run(
          "peeking",
          () -> {
            try (DeadLetters.Cursor cursor = cursor(lab, messaging)) {
              List<DeadLetters.Letter> all = page(lab, cursor, 4);
              all.addAll(page(lab, cursor, 6));
              assertThat(all)
                  .extracting(DeadLetterClauses::text)
                  .containsExactlyInAnyOrderElementsOf(texts);
              if (last) {
                assertThat(cursor.next(1)).isEmpty();
                try (DeadLetters.Cursor second = cursor(lab, messaging)) {
                  assertThat(second.next(1)).as("what the first cursor holds").isEmpty();
                }
              }
            }
          });
    }
    lab.run(
        "discarding",
        () -> {
          try (DeadLetters.Cursor cursor = cursor(lab, messaging)) {
            DeadLetters.Letter first = page(lab, cursor, 1).get(0);
            cursor.discard(first);
            assertThatThrownBy(() -> cursor.discard(first)).hasMessageContaining("settled already");
          }
        });
    lab.await("nine are left", () -> letters(lab, messaging) == 9);
    lab.run(
        "discarding",
        () -> {
          try (DeadLetters.Cursor cursor = cursor(lab, messaging)) {
            page(lab, cursor, 9).forEach(cursor::discard);
          }
        });
    lab.await("none is left", () -> letters(lab, messaging) == 0);
  }
}
