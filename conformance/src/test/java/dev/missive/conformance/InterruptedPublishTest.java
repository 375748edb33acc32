package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.testkit.Eventually;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a publisher is told that is interrupted while it waits. */
final class InterruptedPublishTest {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void while_it_waits_for_the_broker_nobody_knows_what_became_of_the_message() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declare(TOPIC, GROUP);
    lab.broker.withholdConfirms();
    Message message = message("k", "v");
    Publisher publisher = new Publisher(messaging, message);
    Eventually.await("stored", () -> !lab.broker.topicIds(TOPIC).isEmpty());

    PublishException failure = publisher.interrupt();

    assertThat(failure.code()).isEqualTo(ErrorCode.PUBLISH_TIMEOUT);
    assertThat(failure.outcome()).isEqualTo(PublishException.Outcome.UNKNOWN);
    assertThat(failure).hasMessageContaining("interrupted while it waited for the broker");
    assertThat(lab.broker.topicIds(TOPIC)).containsExactly(message.id());
  }

  @Test
  void while_it_waits_for_room_nothing_is_stored() throws Exception {
    Messaging messaging = lab.open("producer.window", "1");
    messaging.topology().declare(TOPIC, GROUP);
    lab.broker.withholdConfirms();
    Message first = message("k", "first");
    messaging.producer().publishAsync(first);
    Publisher publisher = new Publisher(messaging, message("k", "second"));
    Eventually.await("it waits", publisher::waits);

    PublishException failure = publisher.interrupt();

    assertThat(failure.code()).isEqualTo(ErrorCode.BACKPRESSURE);
    assertThat(failure.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
    assertThat(failure).hasMessageContaining("this thread was interrupted");
    lab.broker.releaseConfirms();
    messaging.producer().flush();
    assertThat(lab.broker.topicIds(TOPIC)).containsExactly(first.id());
  }

  /** A thread that publishes one message. */
  private static final class Publisher {
    private final CompletableFuture<PublishException> failure = new CompletableFuture<>();
    private final CompletableFuture<Boolean> flag = new CompletableFuture<>();
    private final Thread thread;

    Publisher(Messaging messaging, Message message) {
      thread =
          new Thread(
              () -> {
                try {
                  messaging.producer().publish(message);
                  failure.completeExceptionally(new AssertionError("it was published"));
                } catch (PublishException e) {
                  failure.complete(e);
                }
                flag.complete(Thread.currentThread().isInterrupted());
              },
              "publisher");
      thread.start();
    }

    boolean waits() {
      Thread.State state = thread.getState();
      return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    }

    /** Interrupts it; the flag must still be set for those it calls next. */
    PublishException interrupt() throws Exception {
      thread.interrupt();
      PublishException why = failure.get(15, TimeUnit.SECONDS);
      assertThat(flag.get(15, TimeUnit.SECONDS)).as("the interrupt is kept").isTrue();
      return why;
    }
  }
}
