package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server that stands still for a while that no ping notices. */
@Tag("broker")
final class NatsStallTest {
  private static final String DENIES =
      "{ users: [ { user: app, password: p, permissions: { publish: { deny: [ \"secret.>\" ] } } } ] }";

  /** It asks the server whether it listens for replies, and waits 2 s for the answer. */
  @Test
  void a_first_request_that_falls_into_it_is_answered_and_so_are_later_ones() {
    try (LiveBroker server = LiveBrokers.start(Brokers.nats().withProcess());
        NatsLab lab = new NatsLab(server)) {
      Messaging messaging = lab.open();
      NatsLab.start(
          messaging
              .consumer(lab.topic)
              .group(NatsLab.GROUP)
              .replyHandler(request -> request.reply().text("re").build())
              .build());
      Instant since = messaging.health().connection().since();

      server.node().pause();
      CompletableFuture<Message> reply =
          CompletableFuture.supplyAsync(() -> request(messaging, lab)).thenCompose(asked -> asked);
      try {
        passed(Duration.ofSeconds(3));
      } finally {
        server.node().resume();
      }

      assertThat(NatsLab.text(reply.orTimeout(60, TimeUnit.SECONDS).join())).isEqualTo("re");
      assertThat(messaging.health().connection().since()).as("the same link").isEqualTo(since);
    }
  }

  private static CompletableFuture<Message> request(Messaging messaging, NatsLab lab) {
    return messaging
        .requester()
        .request(lab.message("q"), Duration.ofSeconds(50))
        .<Message>thenApply(reply -> reply)
        .toCompletableFuture();
  }

  /** What the server once forbade has nothing to do with a question that it does not answer. */
  @Test
  void a_question_without_an_answer_is_not_taken_for_a_forbidden_one() {
    try (LiveBroker server =
            LiveBrokers.start(Brokers.nats().withProcess().withConfig("authorization", DENIES));
        NatsLab lab = new NatsLab(server)) {
      Messaging messaging = lab.open("nats.username", "app", "nats.password", "p");
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      assertThatThrownBy(
              () -> messaging.producer().publish(Message.builder("secret.x").text("x").build()))
          .isInstanceOfSatisfying(
              PublishException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.AUTH));

      server.node().pause();
      try {
        assertThatThrownBy(() -> messaging.topology().depth(lab.topic, NatsLab.GROUP))
            .isInstanceOfSatisfying(
                MessagingException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE));
      } finally {
        server.node().resume();
      }
    }
  }

  private static void passed(Duration time) {
    long began = System.nanoTime();
    Eventually.await(time + " passed", () -> System.nanoTime() - began > time.toNanos());
  }
}
