package dev.missive.core.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.PublishResult;
import dev.missive.Receipt;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Interceptors that do what they must not fail their own publish, and no other. */
final class HostileInterceptorTest {
  private static final String TOPIC = "there";
  private static final String BAD = "bad";

  private final List<String> heard = new CopyOnWriteArrayList<>();

  /** Sees every end, as a tracer must. */
  private final Interceptor outer =
      new Interceptor() {
        @Override
        public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
          return next.proceed(message)
              .whenComplete((receipt, error) -> heard.add(error == null ? "stored" : "failed"));
        }
      };

  private final Hostile hostile = new Hostile();
  private final Messaging messaging =
      Messaging.builder()
          .setting("broker", "memory")
          .setting("memory.name", "hostile-" + System.nanoTime())
          .interceptors(outer, hostile)
          .open();

  /** Misbehaves for some messages. */
  private static final class Hostile implements Interceptor {
    private PublishMisdeed misdeed = (message, next) -> next.proceed(message);

    @Override
    public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
      return BAD.equals(message.type()) ? misdeed.answer(message, next) : next.proceed(message);
    }
  }

  private interface PublishMisdeed {
    CompletionStage<Receipt> answer(Message message, Interceptor.PublishStep next);
  }

  @AfterEach
  void close() {
    messaging.close();
  }

  private static Message message(String type) {
    return Message.builder(TOPIC).type(type).text("v").build();
  }

  private List<PublishResult> batch() {
    messaging.topology().declare(TOPIC, "g");
    return messaging.producer().publishBatch(List.of(message("a"), message(BAD), message("b")));
  }

  @Test
  void one_that_throws_fails_its_own_message_of_a_batch() {
    IllegalStateException thrown = new IllegalStateException("secret");
    hostile.misdeed =
        (message, next) -> {
          throw thrown;
        };

    List<PublishResult> results = batch();

    assertThat(results).extracting(PublishResult::stored).containsExactly(true, false, true);
    assertThat(results.get(1).error())
        .hasCause(thrown)
        .hasMessageContaining("an interceptor failed with java.lang.IllegalStateException")
        .hasMessageNotContaining("secret")
        .extracting(PublishException::code, PublishException::outcome)
        .containsExactly(ErrorCode.INTERNAL, PublishException.Outcome.UNKNOWN);
    assertThat(heard).containsExactlyInAnyOrder("stored", "failed", "stored");
    assertThat(messaging.topology().depth(TOPIC, "g").waiting()).isEqualTo(2);
  }

  @Test
  void what_one_throws_reaches_the_caller_unchanged() {
    IllegalStateException thrown = new IllegalStateException("no");
    hostile.misdeed =
        (message, next) -> {
          throw thrown;
        };

    assertThatThrownBy(() -> messaging.producer().publish(message(BAD))).isSameAs(thrown);
    CompletableFuture<Receipt> stage =
        messaging.producer().publishAsync(message(BAD)).toCompletableFuture();
    assertThatThrownBy(stage::join).isInstanceOf(CompletionException.class).hasCause(thrown);
  }

  @Test
  void one_that_returns_no_stage_is_named() {
    hostile.misdeed = (message, next) -> null;

    assertThatThrownBy(() -> messaging.producer().publish(message(BAD)))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining(Hostile.class.getName() + " returned null");
    assertThat(batch()).extracting(PublishResult::stored).containsExactly(true, false, true);
  }

  @Test
  void one_that_passes_no_message_on_is_told_so() {
    hostile.misdeed = (message, next) -> next.proceed(null);

    assertThatThrownBy(() -> messaging.producer().publish(message(BAD)))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("the message an interceptor passed on");
  }

  @Test
  void one_that_answers_without_a_receipt_is_told_so() {
    hostile.misdeed = (message, next) -> CompletableFuture.completedFuture(null);

    List<PublishResult> results = batch();

    assertThat(results).extracting(PublishResult::stored).containsExactly(true, false, true);
    assertThat(results.get(1).error())
        .hasMessageContaining("without a receipt")
        .extracting(PublishException::code)
        .isEqualTo(ErrorCode.CONFIG_INVALID);
  }
}
