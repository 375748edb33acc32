package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Capability;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.Outcome;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.spi.Destination;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clause O01: keys beside each other, the messages of a key one after another. */
public interface LaneClauses {
  /** What handlers saw: per key in order, and whether one key ran twice at a time. */
  final class Lanes {
    private final Map<String, List<String>> byKey = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> inside = new ConcurrentHashMap<>();
    private final AtomicInteger overlaps = new AtomicInteger();
    private final AtomicInteger handled = new AtomicInteger();

    private Lanes() {}

    private void enter(ReceivedMessage m) {
      if (inside.computeIfAbsent(Lab.key(m), k -> new AtomicInteger()).incrementAndGet() != 1) {
        overlaps.incrementAndGet();
      }
    }

    private void leave(ReceivedMessage m) {
      String key = Lab.key(m);
      byKey.computeIfAbsent(key, k -> new CopyOnWriteArrayList<>()).add(Lab.text(m));
      inside.computeIfAbsent(key, k -> new AtomicInteger()).decrementAndGet();
      handled.incrementAndGet();
    }

    private void assertOrder(int perKey) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < perKey; i++) {
        expected.add("" + i);
      }
      assertThat(overlaps.get()).as("runs of a key beside each other").isZero();
      byKey.forEach((key, order) -> assertThat(order).as(key).isEqualTo(expected));
    }
  }

  /**
   * O01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("O01 keys run beside each other, one key never overlaps and keeps its order")
  default void lanes(Lab lab) {
    Messaging messaging = lab.open();
    CyclicBarrier meeting = new CyclicBarrier(8);
    Lanes lanes = new Lanes();
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(8)
                .maxInFlight(1000)
                .handler(
                    m -> {
                      lanes.enter(m);
                      if (Lab.text(m).equals("0")) {
                        meeting.await(20, TimeUnit.SECONDS);
                      }
                      lanes.leave(m);
                    }));
    for (int i = 0; i < 100; i++) {
      for (int key = 0; key < 8; key++) {
        messaging.producer().publishAsync(lab.message("k" + key, "" + i));
      }
    }

    lab.await("all handled", () -> lanes.handled.get() == 800);
    lanes.assertOrder(100);
  }

  /**
   * O01.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("O01 messages without a key run beside each other")
  default void keyless(Lab lab) {
    Messaging messaging = lab.open();
    CyclicBarrier meeting = new CyclicBarrier(8);
    AtomicInteger met = new AtomicInteger();
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(8)
                .handler(
                    m -> {
                      meeting.await(20, TimeUnit.SECONDS);
                      met.incrementAndGet();
                    }));
    for (int i = 0; i < 8; i++) {
      messaging.producer().publish(Message.of(lab.topic(), new byte[1]));
    }
    lab.await("all have met", () -> met.get() == 8);
  }

  /**
   * O01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("O01 with KEY_ORDER no key overlaps or swaps over three instances")
  default void key_order(Lab lab) {
    lab.needs(Capability.KEY_ORDER);
    Lanes lanes = new Lanes();
    String[] partitions =
        lab.broker().partitions().map(key -> new String[] {key, "8"}).orElse(new String[0]);
    Messaging publisher = lab.open(partitions);
    for (int i = 0; i < 3; i++) {
      lab.consumeWith(
          lab.open(partitions),
          builder ->
              builder
                  .ordering(Ordering.KEY)
                  .require(Capability.KEY_ORDER)
                  .concurrency(4)
                  .handler(
                      m -> {
                        lanes.enter(m);
                        lanes.leave(m);
                      }));
    }
    for (int i = 0; i < 100; i++) {
      for (int key = 0; key < 24; key++) {
        publisher.producer().publishAsync(lab.message("k" + key, "" + i));
      }
    }
    lab.await("all handled", () -> lanes.handled.get() >= 2400);
    lanes.assertOrder(100);
  }

  /**
   * O01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "O01 the next of a key starts only after the outcome before it was decided and its copy stored")
  default void one_after_another(Lab lab) {
    Predicate<Destination> copies = to -> !(to instanceof Destination.Topic);
    Probe probe = lab.probe();
    Messaging messaging = lab.open(probe);
    Map<String, Outcome> outcomes =
        Map.of("retried", Outcome.retry(), "lettered", Outcome.deadLetter("on purpose"));
    Map<String, CompletableFuture<Outcome>> open = new ConcurrentHashMap<>();
    List<String> runs = new CopyOnWriteArrayList<>();
    // Longer than what may wait in process, so that there is a copy.
    Duration wait = lab.traits().waitInProcess().plusMillis(200);
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(4)
                .retry(RetryPolicy.exponential(wait, wait))
                .asyncHandler(
                    m -> {
                      runs.add(Lab.text(m));
                      return Lab.text(m).equals("first") && m.attempt() == 1
                          ? open.computeIfAbsent(Lab.key(m), key -> new CompletableFuture<>())
                          : CompletableFuture.completedFuture(Outcome.ack());
                    }));
    probe.withhold(copies);
    for (String key : outcomes.keySet()) {
      messaging.producer().publish(lab.message(key, "first"));
      messaging.producer().publish(lab.message(key, "next"));
    }
    lab.await(
        "all are here, and the first of both keys run",
        () ->
            open.size() == 2 && messaging.counters().of(lab.topic(), lab.group()).received() == 4);

    pass(lab, messaging, runs, "while nothing is decided");
    assertThat(runs).as("runs before an outcome").doesNotContain("next");
    open.forEach((key, stage) -> stage.complete(outcomes.get(key)));
    lab.await(
        "copies are on their way, or nobody waits for them",
        () -> probe.sends(copies) == 2 || runs.contains("next"));
    pass(lab, messaging, runs, "while no copy is stored");
    assertThat(runs).as("runs before the copies are stored").doesNotContain("next");

    probe.release();

    lab.await("the next of both keys", () -> runs.stream().filter("next"::equals).count() == 2);
  }

  /** What comes later and has no key gets through: whoever may start has started before it. */
  private static void pass(Lab lab, Messaging messaging, List<String> runs, String text) {
    messaging.producer().publish(Message.of(lab.topic(), text.getBytes(StandardCharsets.UTF_8)));
    lab.await(text + " others pass", () -> runs.contains(text));
  }
}
