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
import dev.missive.spi.Subscription;
import dev.missive.testkit.Eventually;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A reader of dead letters may not be ready in time: Kafka's waits for one that has died. */
final class LateReaderTest {
  private volatile boolean late;

  @Test
  void letters_are_not_hidden_by_a_reader_that_was_given_up() {
    try (Messaging messaging =
            Messaging.builder()
                .settings(
                    Map.of(
                        "broker",
                        HookedProvider.NAME,
                        "memory.name",
                        "late-" + System.nanoTime(),
                        "admin.timeout",
                        "2s"))
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
      messaging.producer().publish(Message.builder("t").id("broken").text("v").build());
      DeadLetters letters = messaging.deadLetters();
      Eventually.await("a letter", () -> letters.count("t", "g") == 1);

      late = true;
      assertThatThrownBy(() -> letters.open("t", "g"))
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE))
          .hasMessageContaining("admin.timeout");
      late = false;

      Eventually.await("the letter is back", () -> ids(letters).equals(List.of("broken")));
    }
  }

  private static List<String> ids(DeadLetters letters) {
    try (DeadLetters.Cursor cursor = letters.open("t", "g")) {
      return cursor.next(10).stream().map(letter -> letter.message().id()).toList();
    }
  }

  private @Nullable Object answer(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    Object result = real.call();
    return late && result instanceof Subscription made
        ? HookedProvider.hooked(
            Subscription.class,
            made,
            (name, with, same) ->
                name.equals("ready") ? new CompletableFuture<Void>() : same.call())
        : result;
  }
}
