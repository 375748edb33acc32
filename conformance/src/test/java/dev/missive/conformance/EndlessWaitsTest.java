package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Counters;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.Outcome;
import dev.missive.OutcomeHandler;
import dev.missive.PauseException;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Waits that no clock can count: they are cut, and nothing is stuck because of them. */
final class EndlessWaitsTest {
  private static final Duration FOR_EVER = ChronoUnit.FOREVER.getDuration();
  private static final Duration LONGEST = Duration.ofDays(3000);

  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);
  private final Recorder seen = new Recorder();

  @AfterEach
  void close() {
    lab.close();
  }

  private static Counters.Subscription counts(Messaging messaging) {
    return messaging.counters().of(TOPIC, GROUP);
  }

  /** Wants to see one message again at the end of time. */
  private OutcomeHandler postponing() {
    return m -> {
      seen.handle(m);
      return late(m) ? Outcome.retryAfter(FOR_EVER) : Outcome.ack();
    };
  }

  private static boolean late(ReceivedMessage message) {
    return message.attempt() == 1 && new String(message.payload()).equals("late");
  }

  @Test
  void retry_after_for_ever_waits_3000_days_at_the_broker() {
    Messaging messaging = lab.open();
    consumeWith(messaging, builder -> builder.outcomeHandler(postponing()));
    messaging.producer().publish(message("a", "late"));
    messaging.producer().publish(message("b", "other"));

    lab.await("both settled", () -> counts(messaging).held() == 0 && seen.runs().size() == 2);
    assertThat(counts(messaging).retried()).isEqualTo(1);
    lab.time.advance(LONGEST.minusDays(1));
    assertThat(seen.texts()).containsExactly("late", "other");
    lab.time.advance(Duration.ofDays(2));
    assertThat(seen.texts()).containsExactly("late", "other", "late");
  }

  @Test
  void retry_after_for_ever_waits_3000_days_in_order() {
    Messaging messaging = lab.open();
    consumeWith(messaging, builder -> builder.ordering(Ordering.KEY).outcomeHandler(postponing()));
    messaging.producer().publish(message("a", "late"));
    messaging.producer().publish(message("a", "next"));
    messaging.producer().publish(message("b", "other"));

    lab.await("the other key", () -> counts(messaging).acked() == 1);
    assertThat(counts(messaging).parked()).isEqualTo(1);
    assertThat(seen.texts()).containsExactly("late", "other");
    lab.time.advance(LONGEST.plusDays(1));
    assertThat(seen.texts()).containsExactly("late", "other", "late", "next");
  }

  @Test
  void a_policy_whose_waits_never_end_works() {
    Messaging messaging = lab.open();
    consumeWith(
        messaging,
        builder ->
            builder
                .retry(RetryPolicy.exponential(FOR_EVER, FOR_EVER))
                .handler(
                    m -> {
                      seen.handle(m);
                      if (late(m)) {
                        throw new IllegalStateException("not yet");
                      }
                    }));
    messaging.producer().publish(message("a", "late"));

    lab.await("the copy", () -> counts(messaging).retried() == 1);
    assertThat(counts(messaging).held()).isZero();
    lab.time.advance(LONGEST.plusDays(1));
    assertThat(seen.texts()).containsExactly("late", "late");
  }

  @Test
  void a_pause_for_ever_ends_after_3000_days() {
    Messaging messaging = lab.open();
    Consumer consumer =
        consumeWith(
            messaging,
            builder ->
                builder.handler(
                    m -> {
                      seen.handle(m);
                      if (seen.runs().size() == 1) {
                        throw new PauseException(FOR_EVER, "the database is away");
                      }
                    }));
    messaging.producer().publish(message("a", "late"));

    lab.await("the pause", () -> consumer.state() == ConsumerState.PAUSED);
    lab.time.advance(LONGEST.minusDays(1));
    assertThat(seen.texts()).containsExactly("late");
    lab.time.advance(Duration.ofDays(2));
    assertThat(seen.texts()).containsExactly("late", "late");
  }

  @Test
  void times_of_a_consumer_may_be_for_ever() {
    Messaging messaging = lab.open();
    consumeWith(
        messaging,
        builder ->
            builder
                .maxHandlingTime(FOR_EVER)
                .stallAfter(FOR_EVER)
                .batchHandler(
                    2,
                    FOR_EVER,
                    batch -> {
                      for (ReceivedMessage m : batch) {
                        seen.handle(m);
                      }
                      return Collections.nCopies(batch.size(), Outcome.ack());
                    }));
    messaging.producer().publish(message("a", "one"));
    lab.time.settle();
    assertThat(seen.texts()).isEmpty();
    messaging.producer().publish(message("b", "two"));

    lab.await("the batch", () -> counts(messaging).acked() == 2);
    assertThat(messaging.health().consumers().get(0).state()).isEqualTo(ConsumerState.RUNNING);
  }

  @Test
  void an_order_that_would_be_kept_for_ever_is_refused() {
    Messaging messaging = lab.open();
    assertThatThrownBy(
            () ->
                messaging
                    .consumer(TOPIC)
                    .group(GROUP)
                    .ordering(Ordering.KEY)
                    .retry(RetryPolicy.exponential(FOR_EVER, FOR_EVER))
                    .handler(m -> {})
                    .build())
        .hasMessageContaining("MSG-CONFIG-INVALID")
        .hasMessageContaining("ordering(KEY)");
  }

  @Test
  void a_header_that_names_the_end_of_time_stops_nobody() {
    Messaging messaging = lab.open();
    consumeWith(messaging, builder -> builder.handler(seen));
    MemoryClient foreign = MemoryClient.open(lab.name, "foreign", lab.time);
    String end = Long.toString(Long.MAX_VALUE);
    foreign
        .publish(Message.builder(TOPIC).text("late").header(Header.NOT_BEFORE, end).build())
        .position();
    messaging.producer().publish(message("b", "other"));

    lab.await("the other", () -> counts(messaging).acked() == 1);
    lab.await("the copy", () -> counts(messaging).retried() == 1);
    assertThat(seen.texts()).containsExactly("other");
    foreign.close();
  }
}
