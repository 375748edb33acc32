package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.NotRetryableException;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Messages that are too large for the server by their headers alone, which jnats does not count.
 */
@Tag("broker")
final class NatsTooLargeTest {
  private static final int MOST = 65_536;

  private final LiveBroker server =
      LiveBrokers.start(
          Brokers.nats().withProcess().withConfig("max_payload", Integer.toString(MOST)));
  private final NatsLab lab = new NatsLab(server);

  @AfterEach
  void close() {
    lab.close();
    server.close();
  }

  @Test
  void one_is_refused_alone_and_the_connection_stands() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declare(lab.topic, NatsLab.GROUP);
    Instant since = messaging.health().connection().since();
    String large = "x".repeat(MOST - 20);

    CompletableFuture<Receipt> before = publish(messaging, "before");
    CompletableFuture<Receipt> refused = publish(messaging, large);
    CompletableFuture<Receipt> after = publish(messaging, "after");

    assertTooLarge(
        () -> {
          try {
            refused.get(60, TimeUnit.SECONDS);
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
    assertTooLarge(
        () ->
            messaging
                .producer()
                .publishAtomically(List.of(lab.message("one"), lab.message(large))));
    before.get(60, TimeUnit.SECONDS);
    after.get(60, TimeUnit.SECONDS);
    assertThat(messaging.health().connection().since()).isEqualTo(since);
  }

  @Test
  void one_of_others_whose_dead_letter_does_not_fit_holds_up_nobody_else() throws Exception {
    Messaging messaging = lab.open();
    Queue<String> got = new ConcurrentLinkedQueue<>();
    lab.start(
        messaging,
        message -> {
          got.add(NatsLab.text(message).substring(0, 1));
          if (NatsLab.text(message).startsWith("b")) {
            throw new NotRetryableException("broken");
          }
        });
    Instant since = messaging.health().connection().since();
    Connection others = lab.raw();

    others.publish(lab.topic, "b".repeat(MOST).getBytes(UTF_8));
    Eventually.await("its run", () -> got.contains("b"));
    messaging.producer().publish(Message.builder(lab.topic).text("good").build());

    Eventually.await("the one behind it", () -> got.contains("g"));
    assertThat(messaging.health().connection().since()).isEqualTo(since);
    assertThat(messaging.topology().depth(lab.topic, NatsLab.GROUP).lag()).isEqualTo(1L);
    // Its letter is tried until then.
    messaging.close(Duration.ofSeconds(1));
  }

  private static void assertTooLarge(ThrowingCallable publish) {
    assertThatThrownBy(publish)
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            })
        .hasMessageContaining(Integer.toString(MOST));
  }

  private CompletableFuture<Receipt> publish(Messaging messaging, String text) {
    return messaging
        .producer()
        .publishAsync(Message.builder(lab.topic).text(text).build())
        .toCompletableFuture();
  }
}
