package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface BatchClauses extends Clauses {
  @Test
  @DisplayName("B01 Z11 a batch closes when it is full or when its time is up, and is never empty")
  default void sizes() {
    lab().virtual();
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
  @DisplayName(
      "B02 order per key holds across and inside batches; a key is in one running batch at a time")
  default void order() {
    Messaging messaging = lab().open();
    Map<String, List<Integer>> byKey = new ConcurrentHashMap<>();
    Set<String> inside = ConcurrentHashMap.newKeySet();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger handled = new AtomicInteger();
    consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(3)
                .batchHandler(
                    7,
                    Duration.ofMillis(5),
                    batch -> {
                      Set<String> mine = new HashSet<>();
                      batch.forEach(m -> mine.add(new String(m.key())));
                      mine.forEach(key -> overlaps.addAndGet(inside.add(key) ? 0 : 1));
                      batch.forEach(
                          m ->
                              byKey
                                  .computeIfAbsent(
                                      new String(m.key()), k -> new CopyOnWriteArrayList<>())
                                  .add(Integer.parseInt(new String(m.payload()))));
                      inside.removeAll(mine);
                      handled.addAndGet(batch.size());
                      return Collections.nCopies(batch.size(), Outcome.ack());
                    }));
    for (int i = 0; i < 600; i++) {
      messaging.producer().publishAsync(message("k" + i % 5, "" + i));
    }
    Eventually.await("all handled", () -> handled.get() == 600);
    assertThat(overlaps.get()).isZero();
    byKey.values().forEach(order -> assertThat(order).isSorted());
  }

  @Test
  @DisplayName("B03 Z13 only what failed comes back; an undecodable element is dead-lettered alone")
  default void outcomes() {
    Messaging messaging = lab().open();
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
    for (String text : List.of("a", "fails", "refused", "b")) {
      messaging.producer().publish(message(text, text));
    }
    Eventually.await(
        "all settled",
        () ->
            messaging.counters().of(TOPIC, GROUP).acked() == 3
                && messaging.counters().of(TOPIC, GROUP).deadLettered() == 1);
    assertThat(seen.texts()).containsExactlyInAnyOrder("a", "fails", "refused", "b", "fails");
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
    Eventually.await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 3);
    assertThat(seen.runs()).hasSize(6);
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
    Eventually.await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 2);
    assertThat(seen.texts()).containsExactly("first", "second", "second");
  }
}
