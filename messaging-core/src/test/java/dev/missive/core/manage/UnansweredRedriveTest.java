package dev.missive.core.manage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.DeadLetters;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.core.HookedProvider;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.testkit.Eventually;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A broker that never confirms what a redrive publishes. */
final class UnansweredRedriveTest {
  private volatile boolean silent;

  @Test
  void a_redrive_without_an_answer_ends_and_the_letter_stays() {
    try (Messaging messaging =
            Messaging.builder()
                .settings(
                    Map.of(
                        "broker",
                        HookedProvider.NAME,
                        "memory.name",
                        "unanswered-" + System.nanoTime(),
                        "producer.deadline",
                        "1h",
                        "admin.timeout",
                        "300ms"))
                .providers(new HookedProvider(this::answer))
                .open();
        var consumer =
            messaging
                .consumer("t")
                .group("g")
                .handler(
                    message -> {
                      throw new NotRetryableException("broken");
                    })
                .build()) {
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      messaging.producer().publish(Message.builder("t").text("v").build());
      DeadLetters letters = messaging.deadLetters();
      Eventually.await("a letter", () -> letters.count("t", "g") == 1);

      silent = true;
      try (DeadLetters.Cursor cursor = letters.open("t", "g")) {
        DeadLetters.Letter letter = cursor.next(1).get(0);
        assertThatThrownBy(() -> cursor.redrive(letter))
            .isInstanceOfSatisfying(
                MessagingException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.PUBLISH_TIMEOUT));
      }

      assertThat(letters.count("t", "g")).isEqualTo(1);
    }
  }

  private @Nullable Object answer(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    Object result = real.call();
    return result instanceof Sender sender
        ? HookedProvider.hooked(
            Sender.class,
            sender,
            (name, with, same) ->
                silent && name.equals("send") && with[0] instanceof Destination.Group
                    ? null
                    : same.call())
        : result;
  }
}
