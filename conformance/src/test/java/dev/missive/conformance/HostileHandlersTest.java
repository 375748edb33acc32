package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.DeadLetters;
import dev.missive.Interceptor;
import dev.missive.Messaging;
import dev.missive.Outcome;
import dev.missive.PauseException;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.AbstractList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Handlers, interceptors and exceptions that do what they must not: that is a failed run like any
 * other, and neither a message nor the only thread of a consumer is lost.
 */
final class HostileHandlersTest {
  private static final String BAD = "bad";
  private static final int ATTEMPTS = 5;

  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);

  @AfterEach
  void close() {
    lab.close();
  }

  private static boolean bad(ReceivedMessage message) {
    return new String(message.payload()).equals(BAD);
  }

  private static CompletionStage<Outcome> done() {
    return CompletableFuture.completedFuture(Outcome.ack());
  }

  /** Runs a bad message until it is a dead letter, and a good one after it. */
  private String deadLetterOf(
      UnaryOperator<Messaging.Builder> opening, UnaryOperator<Consumer.Builder> consuming) {
    Messaging messaging = lab.open(opening, "dead-letter.stack", "true");
    consumeWith(messaging, consuming);
    messaging.producer().publish(message("a", BAD));
    lab.await("the letter", () -> counts(messaging).deadLettered() == 1);
    messaging.producer().publish(message("b", "good"));
    lab.await("the good one", () -> counts(messaging).acked() == 1);
    assertThat(counts(messaging).failedRuns()).as("failed runs").isEqualTo(ATTEMPTS);
    assertThat(counts(messaging).held()).as("held").isZero();
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      DeadLetters.Letter letter = cursor.next(1).get(0);
      assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.ATTEMPTS_EXHAUSTED);
      assertThat(letter.attempts()).isEqualTo(ATTEMPTS);
      return String.valueOf(letter.errorMessage());
    }
  }

  private static Counters.Subscription counts(Messaging messaging) {
    return messaging.counters().of(TOPIC, GROUP);
  }

  @Test
  void an_interceptor_that_returns_null_is_named() {
    assertThat(
            deadLetterOf(
                builder -> builder.interceptors(new Forgetful()),
                builder -> builder.handler(m -> {})))
        .contains("the interceptor " + Forgetful.class.getName() + " returned null");
  }

  @Test
  void an_interceptor_before_a_batch_that_returns_null_is_named() {
    assertThat(
            deadLetterOf(
                builder -> builder.interceptors(new Forgetful()),
                builder ->
                    builder.batchHandler(
                        2,
                        Duration.ofMillis(10),
                        batch -> Collections.nCopies(batch.size(), Outcome.ack()))))
        .contains("the interceptor " + Forgetful.class.getName() + " returned null");
  }

  /** Has no answer for some. */
  private static final class Forgetful implements Interceptor {
    @Override
    public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
        throws Exception {
      return bad(message) ? null : next.proceed(message);
    }
  }

  @Test
  void an_interceptor_before_a_batch_may_not_pass_null_on() {
    Interceptor emptying =
        new Interceptor() {
          @Override
          public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
              throws Exception {
            return next.proceed(bad(message) ? null : message);
          }
        };
    assertThat(
            deadLetterOf(
                builder -> builder.interceptors(emptying),
                builder ->
                    builder.batchHandler(
                        2,
                        Duration.ofMillis(10),
                        batch -> Collections.nCopies(batch.size(), Outcome.ack()))))
        .contains("the message an interceptor passed on");
  }

  @Test
  void an_asynchronous_handler_that_returns_null_is_told_so() {
    assertThat(
            deadLetterOf(
                builder -> builder, builder -> builder.asyncHandler(m -> bad(m) ? null : done())))
        .contains("the asynchronous handler returned null");
  }

  @Test
  void a_handler_that_returns_no_outcome_is_told_so() {
    assertThat(
            deadLetterOf(
                builder -> builder,
                builder -> builder.outcomeHandler(m -> bad(m) ? null : Outcome.ack())))
        .contains("null instead of an outcome");
  }

  @Test
  void a_batch_handler_that_returns_null_is_told_so() {
    assertThat(
            deadLetterOf(
                builder -> builder,
                builder ->
                    builder.batchHandler(
                        2,
                        Duration.ofMillis(10),
                        batch -> bad(batch.get(0)) ? null : List.of(Outcome.ack()))))
        .contains("the batch handler returned null");
  }

  @Test
  void outcomes_of_a_batch_that_cannot_be_read_are_a_failed_run() {
    List<Outcome> unreadable =
        new AbstractList<>() {
          @Override
          public Outcome get(int index) {
            throw new IllegalStateException("not to be read");
          }

          @Override
          public int size() {
            throw new IllegalStateException("not to be read");
          }
        };
    assertThat(
            deadLetterOf(
                builder -> builder,
                builder ->
                    builder.batchHandler(
                        2,
                        Duration.ofMillis(10),
                        batch -> bad(batch.get(0)) ? unreadable : List.of(Outcome.ack()))))
        .contains("not to be read");
  }

  @Test
  void a_stage_that_cannot_be_listened_to_is_a_failed_run() {
    assertThat(
            deadLetterOf(
                builder -> builder,
                builder -> builder.asyncHandler(m -> bad(m) ? new Deaf() : done())))
        .contains("nobody listens");
  }

  @Test
  void a_stage_of_a_batch_that_cannot_be_listened_to_is_a_failed_run() {
    Interceptor deaf =
        new Interceptor() {
          @Override
          public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
              throws Exception {
            return bad(message) ? new Deaf() : next.proceed(message);
          }
        };
    assertThat(
            deadLetterOf(
                builder -> builder.interceptors(deaf),
                builder ->
                    builder.batchHandler(
                        2,
                        Duration.ofMillis(10),
                        batch -> Collections.nCopies(batch.size(), Outcome.ack()))))
        .contains("nobody listens");
  }

  /** A stage of somebody else's that is broken. */
  private static final class Deaf extends CompletableFuture<Outcome> {
    @Override
    public CompletableFuture<Outcome> whenComplete(
        BiConsumer<? super Outcome, ? super Throwable> action) {
      throw new IllegalStateException("nobody listens");
    }
  }

  @Test
  void an_exception_that_cannot_be_read_becomes_a_dead_letter_without_its_text() {
    assertThat(
            deadLetterOf(
                builder -> builder,
                builder ->
                    builder.handler(
                        m -> {
                          if (bad(m)) {
                            throw new Unreadable();
                          }
                        })))
        .contains("could not be read, it threw java.lang.UnsupportedOperationException");
  }

  /** An exception that fails when it is asked what happened. */
  private static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new UnsupportedOperationException("no message");
    }
  }

  @Test
  void a_pause_without_a_length_is_a_failed_run() {
    assertThat(
            deadLetterOf(
                builder -> builder,
                builder ->
                    builder.handler(
                        m -> {
                          if (bad(m)) {
                            throw new Endless();
                          }
                        })))
        .contains("who knows how long");
  }

  /** A pause that does not say how long. */
  private static final class Endless extends PauseException {
    private static final long serialVersionUID = 1;

    Endless() {
      super(Duration.ofSeconds(1), "who knows how long");
    }

    @Override
    public Duration pause() {
      return null;
    }
  }

  @Test
  void an_interrupt_of_an_asynchronous_handler_does_not_reach_the_next_run() {
    Messaging messaging = lab.open();
    CompletableFuture<Void> gate = new CompletableFuture<>();
    CompletableFuture<Outcome> late = new CompletableFuture<>();
    List<Boolean> interrupted = new CopyOnWriteArrayList<>();
    consumeWith(
        messaging,
        builder ->
            builder
                .maxHandlingTime(Duration.ofMinutes(1))
                .asyncHandler(
                    m -> {
                      if (bad(m) && m.attempt() == 1) {
                        // Ignores an interrupt and keeps the flag.
                        gate.join();
                        return late;
                      }
                      interrupted.add(Thread.currentThread().isInterrupted());
                      return done();
                    }));
    messaging.producer().publish(message("a", BAD));
    lab.await("the run", () -> counts(messaging).running() == 1);
    lab.time.advance(Duration.ofMinutes(1));
    assertThat(messaging.health().consumers().get(0).stack()).as("who is stuck").isNotEmpty();

    gate.complete(null);
    lab.await("nobody is", () -> messaging.health().consumers().get(0).stack().isEmpty());
    messaging.producer().publish(message("b", "good"));
    late.complete(Outcome.ack());

    lab.await("both", () -> interrupted.size() == 2);
    assertThat(interrupted).containsOnly(false);
  }
}
