package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.DeadLetters;
import dev.missive.DeadLetters.Cursor;
import dev.missive.DeadLetters.Letter;
import dev.missive.DeadLetters.RedriveOptions;
import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** A cursor of dead letters holds so many at once, and says so. */
final class CursorLimitTest {
  private static final int MOST = 10_000;

  @Test
  void more_letters_than_a_cursor_holds_are_not_hidden() {
    try (Lab lab = new Lab()) {
      Messaging messaging = lab.open();
      DeadLetters letters = messaging.deadLetters();
      Lab.consumeWith(
          messaging,
          builder ->
              builder
                  .retry(Lab.QUICK.maxAttempts(1))
                  .maxInFlight(1000)
                  .handler(FakeHandler.failing()));
      for (int i = 0; i <= MOST; i++) {
        messaging.producer().publishAsync(message("k" + i, "v"));
      }
      Eventually.await(
          "dead letters", Duration.ofMinutes(2), () -> letters.count(TOPIC, GROUP) == MOST + 1);

      RedriveOptions none = RedriveOptions.all().filter(letter -> false);
      try (Cursor cursor = letters.open(TOPIC, GROUP)) {
        assertFull(() -> cursor.redrive(none));
      }
      try (Cursor cursor = letters.open(TOPIC, GROUP)) {
        List<Letter> page = cursor.next(2 * MOST);
        assertThat(page).hasSize(MOST);
        assertFull(() -> cursor.next(1));
        cursor.discard(page.get(0));
        assertThat(cursor.next(1)).hasSize(1);
        assertThat(cursor.next(1)).isEmpty();
      }
      try (Cursor cursor = letters.open(TOPIC, GROUP)) {
        assertThat(cursor.redrive(none).filtered()).isEqualTo(MOST);
      }
    }
  }

  private static void assertFull(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BACKPRESSURE))
        .hasMessageContaining("holds 10000 dead letters");
  }
}
