package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.*;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface RetryClauses extends Clauses {
  @Test
  @DisplayName("R02 failing n times and then succeeding is n + 1 runs and no dead letter")
  default void succeeds_in_the_end() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder(FakeHandler.failing(3));
    Consumer consumer = consume(messaging, seen);
    messaging.producer().publish(message("k", "v"));

    Eventually.await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 1);
    consumer.stop(Duration.ofSeconds(5));
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsExactly(1, 2, 3, 4);
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isZero();
  }

  @Test
  @DisplayName(
      "R03 failing always is exactly maxAttempts runs and a dead letter, with one and with three instances")
  default void exhausted() {
    for (int instances : new int[] {1, 3}) {
      String group = "g" + instances;
      Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();
      Messaging first = lab().open();
      for (int i = 0; i < instances; i++) {
        Messaging messaging = i == 0 ? first : lab().open();
        Lab.started(
            messaging
                .consumer(TOPIC)
                .group(group)
                .retry(Lab.QUICK.maxAttempts(4))
                .handler(
                    m -> {
                      runs.computeIfAbsent(m.id(), id -> new AtomicInteger()).incrementAndGet();
                      throw new IllegalStateException("always");
                    })
                .build());
      }
      for (int i = 0; i < 30; i++) {
        first.producer().publish(message("k" + i, "v"));
      }

      Eventually.await("all dead-lettered", () -> first.deadLetters().count(TOPIC, group) == 30);
      assertThat(runs.values()).extracting(AtomicInteger::get).containsOnly(4);
    }
  }

  @Test
  @DisplayName("R01 stop, return and pause leave the attempt alone")
  default void attempts_are_true() {
    Messaging messaging = lab().open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Consumer consumer =
        consumeWith(messaging, builder -> builder.maxInFlight(10).handler(blocking));
    for (int i = 0; i < 5; i++) {
      messaging.producer().publish(message("k", "m" + i));
    }
    blocking.awaitEntered();
    consumer.pause();
    consumer.resume();
    DrainReport report = consumer.stop(Duration.ofMillis(20));
    assertThat(report.returned()).isEqualTo(5);
    assertThat(blocking.interrupted()).isTrue();

    Recorder seen = new Recorder();
    consume(messaging, seen);

    assertThat(seen.await(5)).extracting(Recorder.Run::attempt).containsOnly(1);
    assertThat(seen.texts()).containsExactly("m0", "m1", "m2", "m3", "m4");
  }

  @Test
  @DisplayName(
      "R04 a retry comes not before its backoff and not later than backoff + jitter + precision")
  default void backoff() {
    lab().virtual();
    Messaging messaging = lab().open();
    List<Instant> times = new CopyOnWriteArrayList<>();
    consumeWith(
        messaging,
        builder ->
            builder
                .retry(
                    RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(60))
                        .maxAttempts(5))
                .handler(
                    m -> {
                      times.add(lab().time.now());
                      throw new IllegalStateException("again");
                    }));
    messaging.producer().publish(message("k", "v"));

    for (int i = 0; i < 60; i++) {
      lab().time.advance(Duration.ofMillis(500));
    }

    assertThat(times).hasSize(5);
    for (int k = 1; k < 5; k++) {
      Duration waited = Duration.between(times.get(k - 1), times.get(k));
      long wait = 1000L << (k - 1);
      assertThat(waited.toMillis()).isBetween(wait, (long) (wait * 1.2) + 2000);
    }
    assertThat(messaging.counters().of(TOPIC, GROUP).deadLettered()).isEqualTo(1);
  }

  @Test
  @DisplayName("R05 10,000 failing messages do not stop 10,000 good ones")
  default void good_ones_flow() {
    Messaging messaging = lab().open("memory.wait-in-process", "1s");
    AtomicInteger good = new AtomicInteger();
    consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(4)
                .retry(RetryPolicy.exponential(Duration.ofMinutes(5), Duration.ofMinutes(5)))
                .handler(
                    m -> {
                      if (new String(m.payload()).equals("bad")) {
                        throw new IllegalStateException("bad");
                      }
                      good.incrementAndGet();
                    }));
    for (int i = 0; i < 20_000; i++) {
      messaging.producer().publishAsync(message("k" + i, i % 2 == 0 ? "bad" : "good"));
    }

    Eventually.await("all good ones", Duration.ofSeconds(40), () -> good.get() == 10_000);
  }

  @Test
  @DisplayName("R06 a retry copy keeps everything and reaches the failing group only")
  default void copy_keeps_all() {
    Messaging messaging = lab().open();
    Recorder other = new Recorder();
    Recorder seen = new Recorder(FakeHandler.failing(2));
    Lab.started(messaging.consumer(TOPIC).group("other").handler(other).build());
    consume(messaging, seen);
    messaging
        .producer()
        .publish(
            Message.builder(TOPIC)
                .id("i")
                .key("k")
                .type("t")
                .contentType("c/t")
                .correlationId("c")
                .header("traceparent", "00-1")
                .header("type", "own")
                .text("b")
                .build());

    Recorder.Run last = seen.await(3).get(2);
    assertThat(last)
        .usingRecursiveComparison()
        .ignoringFields("attempt", "position")
        .isEqualTo(seen.runs().get(0));
    messaging.producer().publish(message("k", "sentinel"));
    other.await(2);
    assertThat(other.texts()).containsExactly("b", "sentinel");
  }

  @Test
  @DisplayName(
      "R07 a wait at the broker survives the death of the client and a restart of the broker")
  default void wait_survives() {
    lab().virtual();
    Messaging victim = lab().open("application", "victim");
    consumeWith(
        victim,
        builder ->
            builder
                .retry(RetryPolicy.exponential(Duration.ofMinutes(1), Duration.ofMinutes(1)))
                .handler(FakeHandler.failing(1)));
    Messaging survivor = lab().open("application", "survivor");
    survivor.producer().publish(message("k", "v"));
    Eventually.await(
        "the copy waits at the broker", () -> victim.counters().of(TOPIC, GROUP).retried() == 1);

    lab().broker.abandon("victim");
    lab().broker.restart();
    Recorder seen = new Recorder();
    Consumer consumer = survivor.consumer(TOPIC).group(GROUP).handler(seen).build();
    lab().time.advance(Duration.ofSeconds(31));
    Lab.started(consumer);
    lab().time.advance(Duration.ofSeconds(20));
    assertThat(seen.runs()).isEmpty();
    lab().time.advance(Duration.ofSeconds(25));

    assertThat(seen.await(1).get(0).attempt()).isEqualTo(2);
  }

  @Test
  @DisplayName(
      "R08 a link cut between failure and stored copy costs at most one run more, and nothing is lost")
  default void cut_before_copy() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder(FakeHandler.failing(1));
    consume(messaging, seen);
    lab().broker.withholdConfirms();
    messaging.producer().publishAsync(message("k", "v"));
    seen.await(1);
    lab().broker.drop();
    lab().broker.releaseConfirms();

    Eventually.await("handled", () -> messaging.counters().of(TOPIC, GROUP).acked() >= 1);
    assertThat(seen.runs().size()).isBetween(2, 5);
    assertThat(seen.runs()).anyMatch(run -> run.attempt() == 2);
  }
}
