package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.missive.*;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses Z11 to Z14, and Z23 for batches. */
public interface BatchRuntimeClauses extends Clauses {
  @Test
  @DisplayName("Z11 a batch closes when it is full or when its time is up, and is never empty")
  default void sizes() {
    Messaging messaging = lab().open();
    List<Integer> sizes = new CopyOnWriteArrayList<>();
    consumeWith(
        messaging,
        builder ->
            builder.batchHandler(
                4,
                Duration.ofSeconds(1),
                batch -> {
                  sizes.add(batch.size());
                  return Collections.nCopies(batch.size(), Outcome.ack());
                }));
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(message("k" + i, "v"));
    }
    lab().time.settle();
    assertThat(sizes).containsExactly(4, 4);
    lab().time.advance(Duration.ofMillis(999));
    assertThat(sizes).containsExactly(4, 4);
    lab().time.advance(Duration.ofMillis(2));
    assertThat(sizes).containsExactly(4, 4, 2);
    assertThatThrownBy(
            () ->
                messaging
                    .consumer(TOPIC)
                    .group(GROUP)
                    .maxInFlight(3)
                    .batchHandler(4, Duration.ZERO, b -> List.of())
                    .build())
        .hasMessageContaining("MSG-CONFIG-INVALID");
  }

  @Test
  @DisplayName("Z13 only what failed comes back; an undecodable element is dead-lettered alone")
  default void outcomes() {
    Messaging messaging = lab().open(builder -> builder.interceptors(new Unreadable()));
    Recorder seen = new Recorder();
    consumeWith(
        messaging,
        builder ->
            builder.batchHandler(
                10,
                Duration.ofMillis(50),
                batch -> {
                  List<Outcome> outcomes = new ArrayList<>();
                  for (ReceivedMessage m : batch) {
                    seen.handle(m);
                    String text = new String(m.payload());
                    outcomes.add(
                        text.equals("fails") && m.attempt() == 1
                            ? Outcome.retry()
                            : text.equals("refused") ? Outcome.deadLetter("no") : Outcome.ack());
                  }
                  return outcomes;
                }));
    for (String text : List.of("a", "fails", "refused", "unreadable", "b")) {
      messaging.producer().publish(message(text, text));
    }
    lab()
        .await(
            "all settled",
            () ->
                messaging.counters().of(TOPIC, GROUP).acked() == 3
                    && messaging.counters().of(TOPIC, GROUP).deadLettered() == 2);
    assertThat(seen.texts())
        .as("runs")
        .containsExactlyInAnyOrder("a", "fails", "refused", "b", "fails");
    Map<String, DeadLetters.Reason> reasons = new TreeMap<>();
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      cursor
          .next(2)
          .forEach(letter -> reasons.put(new String(letter.message().payload()), letter.reason()));
    }
    assertThat(reasons)
        .as("dead letters")
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "refused", DeadLetters.Reason.REJECTED,
                "unreadable", DeadLetters.Reason.UNDECODABLE));
  }

  /** Cannot read one of the messages, as an interceptor that decrypts. */
  final class Unreadable implements Interceptor {
    @Override
    public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
        throws Exception {
      if (new String(message.payload()).equals("unreadable")) {
        throw new MessagingException(ErrorCode.UNDECODABLE, "no key fits");
      }
      return next.proceed(message);
    }
  }

  @Test
  @DisplayName("Z12 a batch handler that throws retries all elements, each counted once")
  default void throwing() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consumeWith(
        messaging,
        builder ->
            builder.batchHandler(
                3,
                Duration.ofMillis(200),
                batch -> {
                  for (ReceivedMessage m : batch) {
                    seen.handle(m);
                  }
                  if (batch.get(0).attempt() == 1) {
                    throw new IllegalStateException("all of them");
                  }
                  return Collections.nCopies(batch.size(), Outcome.ack());
                }));
    for (int i = 0; i < 3; i++) {
      messaging.producer().publish(message("k" + i, "m" + i));
    }
    lab().await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 3);
    assertThat(seen.runs()).as("runs").hasSize(6);
    assertThat(messaging.counters().of(TOPIC, GROUP).failedRuns()).isEqualTo(3);
  }

  @Test
  @DisplayName("Z14 missing outcomes are retried")
  default void short_list() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consumeWith(
        messaging,
        builder ->
            builder.batchHandler(
                2,
                Duration.ofMillis(200),
                batch -> {
                  for (ReceivedMessage m : batch) {
                    seen.handle(m);
                  }
                  return batch.size() == 2
                      ? List.of(Outcome.ack())
                      : Collections.nCopies(batch.size(), Outcome.ack());
                }));
    messaging.producer().publish(message("a", "first"));
    messaging.producer().publish(message("b", "second"));
    lab().await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 2);
    assertThat(seen.texts()).as("runs").containsExactly("first", "second", "second");
  }

  @Test
  @DisplayName("Z14 too few and too many outcomes are reported; what is too much changes nothing")
  default void wrong_length() {
    Messaging messaging = lab().open();
    Set<Thread> handling = ConcurrentHashMap.newKeySet();
    try (LogLines log = new LogLines(() -> handling.contains(Thread.currentThread()))) {
      consumeWith(
          messaging,
          builder ->
              builder
                  .retry(Lab.QUICK.maxAttempts(1))
                  .batchHandler(
                      2,
                      Duration.ofMillis(200),
                      batch -> {
                        handling.add(Thread.currentThread());
                        boolean few = new String(batch.get(0).payload()).equals("few");
                        return few
                            ? List.of(Outcome.ack())
                            : List.of(Outcome.ack(), Outcome.ack(), Outcome.deadLetter("nobody"));
                      }));
      for (String text : List.of("few", "missing", "many", "last")) {
        messaging.producer().publish(message(text, text));
      }
      lab()
          .await(
              "all settled",
              () ->
                  messaging.counters().of(TOPIC, GROUP).acked() == 3
                      && messaging.counters().of(TOPIC, GROUP).deadLettered() == 1);
      assertThat(log.lines())
          .as("what is said of too few and of too many")
          .anyMatch(line -> line.contains("1 outcomes for 2 messages"))
          .anyMatch(line -> line.contains("3 outcomes for 2 messages"));
    }
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      DeadLetters.Letter letter = cursor.next(1).get(0);
      assertThat(letter.message().payload()).isEqualTo("missing".getBytes());
      assertThat(letter.errorMessage()).contains("1 outcomes for 2 messages");
    }
  }

  @Test
  @DisplayName(
      "Z23 a batch handler passes no correlation id on, an interceptor before it that of its"
          + " message")
  default void correlation_of_batches() {
    Announcing announcing = new Announcing();
    Messaging messaging = lab().open(builder -> builder.interceptors(announcing));
    announcing.through.set(messaging);
    Recorder next = new Recorder();
    Lab.started(messaging.consumer("lab.next").group(GROUP).handler(next).build());
    consumeWith(
        messaging,
        builder ->
            builder.batchHandler(
                2,
                Duration.ofSeconds(1),
                batch -> {
                  messaging.producer().publish(Message.of("lab.next", "handler".getBytes()));
                  return Collections.nCopies(batch.size(), Outcome.ack());
                }));
    for (String id : List.of("c-1", "c-2")) {
      messaging.producer().publish(Message.builder(TOPIC).text(id).correlationId(id).build());
    }
    lab().await(3, next);
    assertThat(next.runs())
        .extracting(Recorder.Run::text, Recorder.Run::correlationId)
        .containsExactlyInAnyOrder(
            tuple("interceptor", "c-1"), tuple("interceptor", "c-2"), tuple("handler", null));
  }

  /** Publishes something for every message of the usual topic. */
  final class Announcing implements Interceptor {
    final AtomicReference<Messaging> through = new AtomicReference<>();

    @Override
    public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
        throws Exception {
      if (message.topic().equals(TOPIC)) {
        through.get().producer().publish(Message.of("lab.next", "interceptor".getBytes()));
      }
      return next.proceed(message);
    }
  }
}
