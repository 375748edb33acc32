package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.*;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface OrderClauses extends Clauses {
  @Test
  @DisplayName("O01 keys run beside each other, one key never overlaps and keeps its order")
  default void lanes() {
    Messaging messaging = lab().open();
    CyclicBarrier meeting = new CyclicBarrier(8);
    Map<String, List<String>> byKey = new ConcurrentHashMap<>();
    Map<String, AtomicInteger> inside = new ConcurrentHashMap<>();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger handled = new AtomicInteger();
    consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(8)
                .maxInFlight(1000)
                .handler(
                    m -> {
                      String key = new String(m.key());
                      if (inside.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet()
                          != 1) {
                        overlaps.incrementAndGet();
                      }
                      if (new String(m.payload()).equals("0")) {
                        meeting.await(10, TimeUnit.SECONDS);
                      }
                      byKey
                          .computeIfAbsent(key, k -> new CopyOnWriteArrayList<>())
                          .add(new String(m.payload()));
                      inside.get(key).decrementAndGet();
                      handled.incrementAndGet();
                    }));
    for (int i = 0; i < 100; i++) {
      for (int key = 0; key < 8; key++) {
        messaging.producer().publishAsync(message("k" + key, "" + i));
      }
    }

    Eventually.await("all handled", () -> handled.get() == 800);
    assertThat(overlaps.get()).isZero();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      expected.add("" + i);
    }
    byKey.values().forEach(order -> assertThat(order).isEqualTo(expected));
  }

  @Test
  @DisplayName("O01 with KEY_ORDER no key overlaps or swaps over three instances")
  default void key_order() {
    Map<String, List<String>> byKey = new ConcurrentHashMap<>();
    Map<String, AtomicInteger> inside = new ConcurrentHashMap<>();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger handled = new AtomicInteger();
    Messaging publisher = lab().open();
    for (int i = 0; i < 3; i++) {
      consumeWith(
          lab().open(),
          builder ->
              builder
                  .ordering(Ordering.KEY)
                  .require(Capability.KEY_ORDER)
                  .concurrency(4)
                  .handler(
                      m -> {
                        String key = new String(m.key());
                        if (inside.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet()
                            != 1) {
                          overlaps.incrementAndGet();
                        }
                        byKey
                            .computeIfAbsent(key, k -> new CopyOnWriteArrayList<>())
                            .add(new String(m.payload()));
                        inside.get(key).decrementAndGet();
                        handled.incrementAndGet();
                      }));
    }
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      expected.add("" + i);
      for (int key = 0; key < 6; key++) {
        publisher.producer().publishAsync(message("k" + key, "" + i));
      }
    }
    Eventually.await("all handled", () -> handled.get() == 600);
    assertThat(overlaps.get()).isZero();
    byKey.values().forEach(order -> assertThat(order).isEqualTo(expected));
  }

  @Test
  @DisplayName("O02 unsettled deliveries never exceed maxInFlight")
  default void in_flight_window() {
    Messaging messaging = lab().open();
    AtomicInteger most = new AtomicInteger();
    consumeWith(
        messaging,
        builder ->
            builder
                .maxInFlight(7)
                .concurrency(3)
                .handler(
                    m -> most.accumulateAndGet(lab().broker.inFlight(TOPIC, GROUP), Math::max)));
    for (int i = 0; i < 500; i++) {
      messaging.producer().publishAsync(message("k" + i, "v"));
    }
    Eventually.await("all handled", () -> messaging.counters().of(TOPIC, GROUP).acked() == 500);
    assertThat(most.get()).isBetween(1, 7);
  }

  @Test
  @DisplayName(
      "O04 with ORDERED_RETRY successors of a key wait and others pass; a window full of them is STALLED")
  default void ordered_retry() {
    lab().virtual();
    Messaging messaging = lab().open();
    AtomicBoolean broken = new AtomicBoolean(true);
    Recorder seen =
        new Recorder(
            m -> {
              if (broken.get() && new String(m.key()).equals("bad")) {
                throw new IllegalStateException("again");
              }
            });
    Consumer consumer =
        consumeWith(
            messaging,
            builder ->
                builder
                    .ordering(Ordering.KEY)
                    .maxInFlight(5)
                    .retry(
                        RetryPolicy.exponential(Duration.ofSeconds(10), Duration.ofSeconds(10))
                            .maxAttempts(10))
                    .handler(seen));
    messaging.producer().publish(message("bad", "b0"));
    messaging.producer().publish(message("bad", "b1"));
    messaging.producer().publish(message("good", "g0"));
    lab().time.settle();
    assertThat(seen.texts()).containsExactly("b0", "g0");
    for (int i = 2; i < 8; i++) {
      messaging.producer().publish(message("bad", "b" + i));
    }
    lab().time.settle();
    assertThat(consumer.state()).isEqualTo(ConsumerState.STALLED);
    assertThat(messaging.health().consumers().get(0).reason()).contains("bad");

    broken.set(false);
    lab().time.advance(Duration.ofSeconds(13));

    assertThat(seen.texts())
        .containsExactly("b0", "g0", "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7");
    assertThat(seen.runs().get(2).attempt()).isEqualTo(2);
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }

  @Test
  @DisplayName(
      "O05 what waits longer than the broker allows is given back unstarted and loses no attempt")
  default void hold_budget() {
    lab().virtual();
    Messaging messaging = lab().open("memory.longest-hold", "10m");
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Recorder seen =
        new Recorder(
            m -> {
              if (new String(m.payload()).equals("first")) {
                blocking.handle(m);
              }
            });
    consumeWith(messaging, builder -> builder.maxHandlingTime(Duration.ofMinutes(8)).handler(seen));
    messaging.producer().publish(message("a", "first"));
    blocking.awaitEntered();
    messaging.producer().publish(message("b", "second"));
    lab().time.settle();

    lab().time.advance(Duration.ofSeconds(90));

    assertThat(messaging.counters().of(TOPIC, GROUP).returned()).isEqualTo(1);
    assertThat(messaging.health().warnings())
        .anyMatch(warning -> warning.contains("waited too long"));
    blocking.release();
    seen.await(2);
    assertThat(seen.texts()).containsExactly("first", "second");
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsOnly(1);
  }

  @Test
  @DisplayName(
      "O06 beyond maxHandlingTime a handler is interrupted, the run fails, and its late result is ignored")
  default void handling_time() {
    lab().virtual();
    Messaging messaging = lab().open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Recorder seen =
        new Recorder(
            m -> {
              if (m.attempt() == 1) {
                blocking.handle(m);
              }
            });
    consumeWith(messaging, builder -> builder.maxHandlingTime(Duration.ofMinutes(1)).handler(seen));
    messaging.producer().publish(message("k", "v"));
    blocking.awaitEntered();

    lab().time.advance(Duration.ofSeconds(59));
    assertThat(blocking.interrupted()).isFalse();
    lab().time.advance(Duration.ofSeconds(1));
    Eventually.await("interrupted", blocking::interrupted);
    lab().time.advance(Duration.ofSeconds(5));

    seen.await(2);
    Eventually.await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 1);
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsExactly(1, 2);
    assertThat(messaging.counters().of(TOPIC, GROUP).failedRuns()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "O06 a handler that ignores its interrupt keeps its lane, and health shows its stack")
  default void ignores_interrupt() {
    lab().virtual();
    Messaging messaging = lab().open();
    CountDownLatch gate = new CountDownLatch(1);
    Recorder seen =
        new Recorder(
            m -> {
              if (new String(m.payload()).equals("stuck")) {
                boolean through = false;
                while (!through) {
                  try {
                    gate.await();
                    through = true;
                  } catch (InterruptedException e) {
                    // Ignored on purpose.
                  }
                }
              }
            });
    Consumer consumer =
        consumeWith(
            messaging,
            builder ->
                builder
                    .concurrency(2)
                    .maxHandlingTime(Duration.ofMinutes(1))
                    .retry(Lab.QUICK.maxAttempts(1))
                    .handler(seen));
    messaging.producer().publish(message("k", "stuck"));
    seen.await(1);
    messaging.producer().publish(message("k", "same key"));
    messaging.producer().publish(message("other", "other key"));
    lab().time.advance(Duration.ofMinutes(1));

    Eventually.await("stalled", () -> consumer.state() == ConsumerState.STALLED);
    assertThat(messaging.health().consumers().get(0).stack()).isNotEmpty();
    seen.await(2);
    assertThat(seen.texts()).containsExactly("stuck", "other key");
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isEqualTo(1);
    gate.countDown();
    seen.await(3);
    Eventually.await("running again", () -> consumer.state() == ConsumerState.RUNNING);
  }
}
