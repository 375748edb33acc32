package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Messaging;
import dev.missive.Outcome;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses B01 to B03. */
public interface BatchClauses {
  private static List<Outcome> acks(List<ReceivedMessage> batch) {
    return Collections.nCopies(batch.size(), Outcome.ack());
  }

  /**
   * B01.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "B01 a batch holds between one and the wanted number; more than the window is refused")
  default void sizes(Lab lab) {
    Messaging messaging = lab.open();
    List<Integer> sizes = new CopyOnWriteArrayList<>();
    lab.consumeWith(
        messaging,
        builder ->
            builder.batchHandler(
                4,
                Duration.ofMillis(50),
                batch -> {
                  sizes.add(batch.size());
                  return acks(batch);
                }));
    for (int i = 0; i < 101; i++) {
      messaging.producer().publishAsync(lab.message("k" + i, "v"));
    }

    lab.await(
        "all handled", () -> messaging.counters().of(lab.topic(), lab.group()).acked() == 101);
    assertThat(sizes).allMatch(size -> size >= 1 && size <= 4).contains(4);
    assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(101);
    assertThatThrownBy(
            () ->
                messaging
                    .consumer(lab.topic())
                    .group(lab.group())
                    .maxInFlight(3)
                    .batchHandler(4, Duration.ZERO, batch -> List.of())
                    .build())
        .hasMessageContaining("MSG-CONFIG-INVALID");
  }

  /**
   * B02.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "B02 order per key holds across and inside batches; a key is in one running batch at a time")
  default void order_in_batches(Lab lab) {
    Messaging messaging = lab.open();
    Map<String, List<Integer>> byKey = new ConcurrentHashMap<>();
    Set<String> inside = ConcurrentHashMap.newKeySet();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger handled = new AtomicInteger();
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(3)
                .batchHandler(
                    7,
                    Duration.ofMillis(5),
                    batch -> {
                      Set<String> mine = new HashSet<>();
                      batch.forEach(m -> mine.add(Lab.key(m)));
                      mine.forEach(key -> overlaps.addAndGet(inside.add(key) ? 0 : 1));
                      batch.forEach(
                          m ->
                              byKey
                                  .computeIfAbsent(Lab.key(m), k -> new CopyOnWriteArrayList<>())
                                  .add(Integer.parseInt(Lab.text(m))));
                      inside.removeAll(mine);
                      handled.addAndGet(batch.size());
                      return acks(batch);
                    }));
    for (int i = 0; i < 600; i++) {
      messaging.producer().publishAsync(lab.message("k" + i % 5, "" + i));
    }
    lab.await("all handled", () -> handled.get() >= 600);
    assertThat(overlaps.get()).isZero();
    assertThat(handled.get()).isEqualTo(600);
    byKey.values().forEach(order -> assertThat(order).isSorted());
  }

  /**
   * B03.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("B03 only what failed comes back; its neighbours do not")
  default void outcomes_of_a_batch(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consumeWith(
        messaging,
        builder ->
            builder.batchHandler(
                10,
                Duration.ofMillis(50),
                batch -> {
                  List<Outcome> outcomes = new ArrayList<>();
                  for (ReceivedMessage m : batch) {
                    seen.handle(m);
                    outcomes.add(outcome(m));
                  }
                  return outcomes;
                }));
    for (String text : List.of("a", "fails", "refused", "b")) {
      messaging.producer().publish(lab.message(text, text));
    }
    lab.await(
        "all settled",
        () ->
            messaging.counters().of(lab.topic(), lab.group()).acked() == 3
                && messaging.counters().of(lab.topic(), lab.group()).deadLettered() == 1);
    assertThat(lab.untilSentinel(messaging, seen))
        .containsExactlyInAnyOrder("a", "fails", "refused", "b", "fails");
  }

  private static Outcome outcome(ReceivedMessage message) {
    return switch (Lab.text(message)) {
      case "fails" -> message.attempt() == 1 ? Outcome.retry() : Outcome.ack();
      case "refused" -> Outcome.deadLetter("no");
      default -> Outcome.ack();
    };
  }
}
