package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DeadLetters;
import dev.missive.Handler;
import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.NotRetryableException;
import dev.missive.Outcome;
import dev.missive.PauseException;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses Z03 to Z06, Z33 and Z34: what a run that fails does, and what it leaves alone. */
public interface FailureRuntimeClauses extends Clauses {
  @Test
  @DisplayName(
      "Z03 Z04 Z05 retryAfter, exceptions that no retry can help, and a message's own maxAttempts")
  default void policies() {
    Messaging messaging = lab().open();
    Map<String, List<Instant>> runs = new ConcurrentHashMap<>();
    consumeWith(
        messaging,
        builder ->
            builder
                .retry(
                    RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1))
                        .maxAttempts(3)
                        .notRetryable(Set.of(ArithmeticException.class)))
                .outcomeHandler(
                    m -> {
                      String text = new String(m.payload());
                      runs.computeIfAbsent(text, t -> new CopyOnWriteArrayList<>())
                          .add(lab().time.now());
                      return switch (text) {
                        case "later" ->
                            m.attempt() == 1
                                ? Outcome.retryAfter(Duration.ofMinutes(5))
                                : Outcome.ack();
                        case "hopeless" -> throw new NotRetryableException("never");
                        case "by policy" -> throw new ArithmeticException();
                        case "rejected" -> Outcome.deadLetter("not ours");
                        default -> Outcome.retry();
                      };
                    }));
    for (String text : List.of("later", "hopeless", "by policy", "rejected", "usual")) {
      messaging.producer().publish(message(text, text));
    }
    messaging.producer().publish(Message.builder(TOPIC).text("own").maxAttempts(5).build());
    lab().time.advance(Duration.ofMinutes(4));
    assertThat(runs.get("later")).as("runs of later").hasSize(1);
    lab().time.advance(Duration.ofMinutes(2));
    assertThat(runs.get("later")).as("runs of later").hasSize(2);
    assertThat(runs.get("hopeless")).as("runs of hopeless").hasSize(1);
    assertThat(runs.get("by policy")).hasSize(1);
    assertThat(runs.get("usual")).as("runs of usual").hasSize(3);
    assertThat(runs.get("own")).as("runs of own").hasSize(5);
    Map<String, DeadLetters.Reason> reasons = new TreeMap<>();
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      cursor
          .next(10)
          .forEach(letter -> reasons.put(new String(letter.message().payload()), letter.reason()));
    }
    assertThat(reasons)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "hopeless", DeadLetters.Reason.NOT_RETRYABLE,
                "by policy", DeadLetters.Reason.NOT_RETRYABLE,
                "rejected", DeadLetters.Reason.REJECTED,
                "usual", DeadLetters.Reason.ATTEMPTS_EXHAUSTED,
                "own", DeadLetters.Reason.ATTEMPTS_EXHAUSTED));
  }

  @Test
  @DisplayName(
      "Z06 errors, overflows and interrupts in a handler are failed runs; the consumer survives")
  default void errors() {
    Messaging messaging = lab().open();
    Recorder seen =
        new Recorder(
            m -> {
              if (m.attempt() > 1) {
                return;
              }
              switch (new String(m.payload())) {
                case "error" -> throw new AssertionError("error");
                case "overflow" -> overflow(1);
                case "interrupt" -> {
                  Thread.currentThread().interrupt();
                  throw new InterruptedException();
                }
                default -> {}
              }
            });
    consume(messaging, seen);
    for (String text : List.of("error", "overflow", "interrupt", "good")) {
      messaging.producer().publish(message("k", text));
    }
    lab().await("all handled", () -> messaging.counters().of(TOPIC, GROUP).acked() == 4);
    assertThat(messaging.counters().of(TOPIC, GROUP).failedRuns()).as("failed runs").isEqualTo(3);
  }

  private static int overflow(int depth) {
    return overflow(depth + 1) + 1;
  }

  @Test
  @DisplayName("Z33 a failing consumer does not affect others on the connection")
  default void neighbours() {
    Messaging messaging = lab().open();
    Recorder good = new Recorder();
    consume(messaging, FakeHandler.failing());
    Lab.started(messaging.consumer("lab.good").group(GROUP).handler(good).build());
    for (int i = 0; i < 50; i++) {
      messaging.producer().publish(message("k", "bad"));
      messaging.producer().publish(Message.of("lab.good", new byte[1]));
    }
    lab().await(50, good);
  }

  @Test
  @DisplayName(
      "Z34 PauseException of a handler pauses the intake, spends no attempt and runs the message again")
  default void pause_of_a_handler() {
    Outage outage = new Outage();
    Recorder seen = new Recorder(m -> outage.check());
    assertPauses(lab().open(), outage, seen, seen);
  }

  @Test
  @DisplayName(
      "Z34 PauseException of an interceptor pauses the intake, spends no attempt and runs the message again")
  default void pause_of_an_interceptor() {
    Outage outage = new Outage();
    Recorder seen = new Recorder(m -> outage.check());
    Interceptor guard =
        new Interceptor() {
          @Override
          public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
              throws Exception {
            seen.handle(message);
            return next.proceed(message);
          }
        };
    Recorder behind = new Recorder();
    assertPauses(lab().open(builder -> builder.interceptors(guard)), outage, seen, behind);
    assertThat(behind.texts()).as("what the handler saw").containsExactly("first", "second");
  }

  /** Something that runs need, and that is away at first. */
  final class Outage {
    private final AtomicBoolean away = new AtomicBoolean(true);

    private void check() {
      if (away.get()) {
        throw new PauseException(Duration.ofSeconds(30), "the database is away");
      }
    }
  }

  private void assertPauses(Messaging messaging, Outage outage, Recorder seen, Handler handler) {
    Consumer consumer = consume(messaging, handler);
    messaging.producer().publish(message("a", "first"));
    lab().time.settle();
    messaging.producer().publish(message("b", "second"));
    lab().time.settle();
    assertThat(seen.texts()).containsExactly("first");
    assertThat(consumer.state()).isEqualTo(ConsumerState.PAUSED);
    assertThat(messaging.health().consumers().get(0).reason()).contains("the database is away");
    outage.away.set(false);
    lab().time.advance(Duration.ofSeconds(30));
    assertThat(seen.texts()).containsExactly("first", "first", "second");
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsOnly(1);
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }
}
