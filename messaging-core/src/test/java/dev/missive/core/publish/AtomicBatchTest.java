package dev.missive.core.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.Receipt;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What interceptors see of an atomic batch. */
final class AtomicBatchTest {
  private final List<String> seen = new CopyOnWriteArrayList<>();

  private final Interceptor watching =
      new Interceptor() {
        @Override
        public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
          return next.proceed(message)
              .whenComplete((receipt, error) -> seen.add(error == null ? "stored" : "failed"));
        }
      };

  private static Messaging open(Interceptor... interceptors) {
    return Messaging.builder()
        .setting("broker", "memory")
        .setting("memory.name", "atomic-" + System.nanoTime())
        .interceptors(interceptors)
        .open();
  }

  @Test
  void interceptors_hear_of_a_batch_that_was_refused() {
    try (Messaging messaging = open(watching)) {
      messaging.topology().declare("there", "g");
      Producer producer = messaging.producer();

      assertThatThrownBy(
              () ->
                  producer.publishAtomically(
                      List.of(Message.of("there", null), Message.of("missing", null))))
          .isInstanceOf(PublishException.class)
          .hasMessageContaining("MSG-TOPIC-MISSING");

      assertThat(seen).containsExactly("failed", "failed");
    }
  }

  @Test
  void interceptors_hear_of_a_batch_that_was_stored() {
    try (Messaging messaging = open(watching)) {
      messaging.topology().declare("there", "g");

      List<Receipt> receipts =
          messaging
              .producer()
              .publishAtomically(List.of(Message.of("there", null), Message.of("there", null)));

      assertThat(receipts).hasSize(2).doesNotHaveDuplicates();
      assertThat(seen).containsExactly("stored", "stored");
    }
  }

  @Test
  void a_message_that_an_interceptor_answers_for_refuses_the_batch() {
    Interceptor answering =
        new Interceptor() {
          @Override
          public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
            return message.type() == null
                ? next.proceed(message)
                : CompletableFuture.completedFuture(new Receipt(message.id(), null));
          }
        };
    try (Messaging messaging = open(watching, answering)) {
      messaging.topology().declare("there", "g");
      Message left = Message.builder("there").type("left").build();

      assertThatThrownBy(
              () ->
                  messaging.producer().publishAtomically(List.of(Message.of("there", null), left)))
          .isInstanceOfSatisfying(
              PublishException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
          .hasMessageContaining("cannot be left out");

      assertThat(messaging.topology().depth("there", "g").waiting()).isZero();
      // The second was answered for, as far as the outer interceptor can know.
      assertThat(seen).containsExactlyInAnyOrder("failed", "stored");
    }
  }

  @Test
  void an_interceptor_that_throws_refuses_the_batch() {
    Interceptor throwing =
        new Interceptor() {
          @Override
          public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
            if (message.type() != null) {
              throw new IllegalStateException("no");
            }
            return next.proceed(message);
          }
        };
    try (Messaging messaging = open(watching, throwing)) {
      messaging.topology().declare("there", "g");
      Message bad = Message.builder("there").type("bad").build();

      assertThatThrownBy(
              () -> messaging.producer().publishAtomically(List.of(Message.of("there", null), bad)))
          .isInstanceOf(PublishException.class)
          .hasRootCauseMessage("no");

      assertThat(messaging.topology().depth("there", "g").waiting()).isZero();
      assertThat(seen).containsExactly("failed", "failed");
    }
  }
}
