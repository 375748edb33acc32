package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.DeadLetters;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Ordering;
import dev.missive.Outcome;
import dev.missive.OutcomeHandler;
import dev.missive.PauseException;
import dev.missive.RetryPolicy;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Retries that wait in process on a broker that lets nobody hold a delivery for longer than half an
 * hour (docs/adr/0003).
 */
final class HoldBudgetTest {
  private static final String[] HOLD = {"memory.longest-hold", "30m"};

  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);
  private final Recorder seen = new Recorder();

  @AfterEach
  void close() {
    lab.close();
  }

  private OutcomeHandler postponing(Duration wait) {
    return m -> {
      seen.handle(m);
      return new String(m.payload()).equals("late") && m.attempt() == 1
          ? Outcome.retryAfter(wait)
          : Outcome.ack();
    };
  }

  private List<Integer> attempts(String text) {
    return seen.runs().stream()
        .filter(run -> run.text().equals(text))
        .map(Recorder.Run::attempt)
        .toList();
  }

  @Test
  void the_attempts_of_a_message_go_on_when_it_may_not_be_held_any_longer() {
    Messaging messaging = lab.open(HOLD);
    consumeWith(
        messaging,
        builder ->
            builder
                .ordering(Ordering.KEY)
                .maxHandlingTime(Duration.ofMinutes(1))
                .retry(
                    RetryPolicy.exponential(Duration.ofMinutes(1), Duration.ofMinutes(1))
                        .maxAttempts(3))
                .handler(
                    m -> {
                      seen.handle(m);
                      if (new String(m.payload()).equals("fails")) {
                        throw new IllegalStateException("always");
                      }
                    }));
    messaging
        .producer()
        .publish(Message.builder(TOPIC).key("a").text("fails").maxAttempts(50).build());
    messaging.producer().publish(message("a", "next"));

    lab.time.advance(Duration.ofMinutes(70));

    assertThat(attempts("fails"))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, 50).boxed().toList());
    assertThat(seen.texts()).hasSize(51).endsWith("fails", "next");
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.next(10)).extracting(DeadLetters.Letter::attempts).containsExactly(50);
    }
  }

  @Test
  void a_wait_in_order_goes_on_after_the_delivery_went_back() {
    Messaging messaging = lab.open(HOLD);
    consumeWith(
        messaging,
        builder ->
            builder.ordering(Ordering.KEY).outcomeHandler(postponing(Duration.ofMinutes(40))));
    messaging.producer().publish(message("a", "late"));
    messaging.producer().publish(message("a", "next"));
    lab.time.settle();
    assertThat(seen.texts()).containsExactly("late");

    lab.time.advance(Duration.ofMinutes(29).plusSeconds(30));
    Counters.Subscription counts = messaging.counters().of(TOPIC, GROUP);
    assertThat(counts.returned()).as("what went back in time").isEqualTo(2);
    lab.time.advance(Duration.ofMinutes(10));
    assertThat(seen.texts()).containsExactly("late");
    lab.time.advance(Duration.ofMinutes(1));

    assertThat(seen.texts()).containsExactly("late", "late", "next");
    assertThat(attempts("late")).containsExactly(1, 2);
  }

  @Test
  void the_wait_of_a_broadcast_goes_on_after_the_delivery_went_back() {
    Messaging messaging = lab.open(HOLD);
    Lab.started(
        messaging
            .consumer(TOPIC)
            .broadcast()
            .outcomeHandler(postponing(Duration.ofMinutes(40)))
            .build());
    messaging.producer().publish(message("a", "late"));
    lab.time.settle();

    lab.time.advance(Duration.ofMinutes(29).plusSeconds(30));
    assertThat(messaging.counters().of(TOPIC, null).returned()).isEqualTo(1);
    lab.time.advance(Duration.ofMinutes(10));
    assertThat(attempts("late")).containsExactly(1);
    lab.time.advance(Duration.ofMinutes(1));

    assertThat(attempts("late")).containsExactly(1, 2);
    assertThat(messaging.counters().of(TOPIC, null).acked()).isEqualTo(1);
  }

  @Test
  void what_a_handler_paused_for_goes_back_when_it_may_not_be_held_any_longer() {
    Messaging messaging = lab.open(HOLD);
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    consumeWith(
        messaging,
        builder ->
            builder
                .maxHandlingTime(Duration.ofMinutes(20))
                .handler(
                    m -> {
                      blocking.handle(m);
                      throw new PauseException(Duration.ofHours(1), "the database is away");
                    }));
    messaging.producer().publish(message("a", "late"));
    blocking.awaitEntered();
    lab.time.advance(Duration.ofMinutes(15));
    blocking.release();

    lab.await("what went back", () -> messaging.counters().of(TOPIC, GROUP).returned() == 1);
    assertThat(messaging.counters().of(TOPIC, GROUP).held()).isZero();
  }

  @Test
  void in_order_a_run_may_take_what_all_runs_of_a_message_fit_into() {
    Messaging messaging = lab.open(HOLD);
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Lab.started(
        messaging.consumer(TOPIC).group(GROUP).ordering(Ordering.KEY).handler(blocking).build());
    messaging.producer().publish(message("a", "slow"));
    blocking.awaitEntered();

    // Five runs, the waits between them with the longest jitter (18 s), and a minute to spare.
    lab.time.advance(Duration.ofMinutes(5).plusSeconds(44));
    assertThat(messaging.counters().of(TOPIC, GROUP).failedRuns()).isZero();
    lab.time.advance(Duration.ofSeconds(1));
    lab.await("a failed run", () -> messaging.counters().of(TOPIC, GROUP).failedRuns() == 1);
    blocking.release();
  }

  @Test
  void in_order_the_only_run_of_a_message_has_time_to_begin() {
    Messaging messaging = lab.open("memory.longest-hold", "20m");
    Lab.started(
        messaging
            .consumer(TOPIC)
            .group(GROUP)
            .ordering(Ordering.KEY)
            .retry(
                RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1))
                    .maxAttempts(1))
            .handler(seen)
            .build());

    messaging.producer().publish(message("a", "once"));

    lab.await(1, seen);
    refused(
        messaging
            .consumer(TOPIC)
            .group(GROUP)
            .ordering(Ordering.KEY)
            .retry(
                RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1))
                    .maxAttempts(1))
            .maxHandlingTime(Duration.ofMinutes(19)),
        "Lower maxHandlingTime to less than PT19M");
  }

  @Test
  void handling_times_that_the_broker_does_not_allow_are_refused() {
    Messaging messaging = lab.open(HOLD);

    refused(
        messaging.consumer(TOPIC).group(GROUP).maxHandlingTime(Duration.ofMinutes(29)),
        "maxHandlingTime PT29M and 1 min do not fit. Lower maxHandlingTime to less than PT29M");
    refused(
        messaging
            .consumer(TOPIC)
            .group(GROUP)
            .ordering(Ordering.KEY)
            .maxHandlingTime(Duration.ofMinutes(6)),
        "5 runs of maxHandlingTime PT6M, waits of PT18S",
        "do not fit. Lower maxHandlingTime to at most PT5M44.4S");
    refused(
        lab.open("memory.longest-hold", "1m").consumer(TOPIC).group(GROUP),
        "lets a delivery stay unsettled for PT1M, which is too short to handle anything");
  }

  @Test
  void waits_in_order_may_add_up_to_ten_minutes() {
    Messaging messaging = lab.open();
    RetryPolicy minutes = RetryPolicy.exponential(Duration.ofMinutes(1), Duration.ofMinutes(1));
    Consumer.Builder builder =
        messaging.consumer(TOPIC).group(GROUP).ordering(Ordering.KEY).handler(m -> {});

    // With the longest jitter, a fifth: eight waits are 9 min 36 s, nine are 10 min 48 s.
    builder.retry(minutes.maxAttempts(9)).build();
    builder.retry(minutes.maxAttempts(10));
    assertThatThrownBy(builder::build)
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContainingAll("add up to PT10M48S, the limit is PT10M");
  }

  private void refused(Consumer.Builder builder, String... why) {
    Consumer consumer = builder.handler(m -> {}).build();
    assertThatThrownBy(() -> lab.run("starting", consumer::start))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContainingAll(why);
  }
}
