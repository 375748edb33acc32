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
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface SettlementClauses extends Clauses {
  @Test
  @DisplayName("A01 after ack and a clean stop nothing is delivered again")
  default void acked_is_gone() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    Consumer consumer = consume(messaging, seen);
    for (int i = 0; i < 50; i++) {
      messaging.producer().publish(message("k" + i, "m"));
    }
    seen.await(50);
    consumer.stop(Duration.ofSeconds(5));

    Messaging another = lab().open();
    Recorder later = new Recorder();
    consume(another, later);
    another.producer().publish(message("k", "sentinel"));

    later.await(1);
    assertThat(later.texts()).containsExactly("sentinel");
  }

  @Test
  @DisplayName(
      "A02 A07 nothing is acknowledged before the asynchronous handler has completed; all are in the end")
  default void async_acks() {
    Messaging messaging = lab().open();
    List<CompletableFuture<Outcome>> stages = new CopyOnWriteArrayList<>();
    Consumer consumer =
        consumeWith(
            messaging,
            builder ->
                builder
                    .concurrency(50)
                    .asyncHandler(
                        m -> {
                          CompletableFuture<Outcome> stage = new CompletableFuture<>();
                          stages.add(stage);
                          return stage;
                        }));
    for (int i = 0; i < 50; i++) {
      messaging.producer().publish(message("k" + i, "m"));
    }
    Eventually.await("50 handlers wait", () -> stages.size() == 50);
    assertThat(lab().broker.inFlight(TOPIC, GROUP)).isEqualTo(50);
    assertThat(messaging.counters().of(TOPIC, GROUP).acked()).isZero();

    stages.forEach(stage -> new Thread(() -> stage.complete(Outcome.ack())).start());

    Eventually.await("all acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 50);
    assertThat(consumer.stop(Duration.ofSeconds(5)).complete()).isTrue();
    assertThat(messaging.topology().depth(TOPIC, GROUP))
        .extracting(Topology.Depth::waiting, Topology.Depth::inFlight)
        .containsExactly(0L, 0L);
  }

  @Test
  @DisplayName(
      "A03 A13 a failed message is handled again, identical, whatever the handler did to its copy")
  default void failed_is_repeated() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder(FakeHandler.failing(1));
    consume(messaging, seen);
    Message sent =
        Message.builder(TOPIC)
            .key("k")
            .header("h", "1")
            .type("t")
            .correlationId("c")
            .text("body")
            .build();

    messaging.producer().publish(sent);

    List<Recorder.Run> runs = seen.await(2);
    assertThat(runs.get(1))
        .usingRecursiveComparison()
        .ignoringFields("attempt", "position")
        .isEqualTo(runs.get(0));
    assertThat(runs).extracting(Recorder.Run::attempt).containsExactly(1, 2);
  }

  @Test
  @DisplayName(
      "A04 A06 what a killed client held is delivered to another one, what it had finished is not")
  default void killed_client() {
    Messaging victim = lab().open("application", "victim");
    Messaging survivor = lab().open("application", "survivor");
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Recorder first =
        new Recorder(
            m -> {
              if (new String(m.payload()).equals("1")) {
                blocking.handle(m);
              }
            });
    consumeWith(victim, builder -> builder.concurrency(3).handler(first));
    for (String text : List.of("1", "2", "3")) {
      survivor.producer().publish(message(text, text));
    }
    first.await(3);
    Eventually.await("two acknowledged", () -> lab().broker.inFlight(TOPIC, GROUP) == 1);

    lab().broker.abandon("victim");
    Recorder second = new Recorder();
    consume(survivor, second);

    second.await(1);
    assertThat(second.texts()).containsExactly("1");
    blocking.release();
  }

  @Test
  @DisplayName("A08 a success whose acknowledgement was lost with the connection is not run again")
  default void stale_ack() {
    Messaging messaging = lab().open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Recorder seen =
        new Recorder(
            m -> {
              if (new String(m.payload()).equals("held")) {
                blocking.handle(m);
              }
            });
    consume(messaging, seen);
    messaging.producer().publish(message("a", "held"));
    blocking.awaitEntered();

    lab().broker.drop();
    Eventually.await(
        "it is delivered again", () -> messaging.counters().of(TOPIC, GROUP).received() == 2);
    blocking.release();
    messaging.producer().publish(message("b", "after"));

    Eventually.await(
        "all settled",
        () ->
            lab().broker.inFlight(TOPIC, GROUP) == 0
                && lab().broker.waitingIds(TOPIC, GROUP).isEmpty()
                && seen.runs().size() >= 2);
    assertThat(seen.texts()).containsExactly("held", "after");
    Counters.Subscription counts = messaging.counters().of(TOPIC, GROUP);
    assertThat(counts.received()).isEqualTo(3);
    assertThat(counts.returned()).isEqualTo(1);
    assertThat(counts.acked()).isEqualTo(2);
  }

  @Test
  @DisplayName("A10 a delivery whose handler never answers comes back when the consumer is closed")
  default void never_answered() {
    Messaging messaging = lab().open();
    Consumer consumer =
        consumeWith(messaging, builder -> builder.asyncHandler(m -> new CompletableFuture<>()));
    messaging.producer().publish(message("k", "v"));
    Eventually.await("it is held", () -> messaging.counters().of(TOPIC, GROUP).running() == 1);

    DrainReport report = consumer.stop(Duration.ofMillis(50));

    assertThat(report.abandoned()).hasSize(1);
    assertThat(report.complete()).isTrue();
    Recorder seen = new Recorder();
    consume(messaging, seen);
    seen.await(1);
  }

  @Test
  @DisplayName("A11 drop settles, counts and does not dead-letter")
  default void drop() {
    Messaging messaging = lab().open();
    Consumer consumer =
        consumeWith(messaging, builder -> builder.outcomeHandler(m -> Outcome.drop()));
    messaging.producer().publish(message("k", "v"));

    Eventually.await("dropped", () -> messaging.counters().of(TOPIC, GROUP).dropped() == 1);
    assertThat(consumer.stop(Duration.ofSeconds(5)).dropped()).isEqualTo(1);
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isZero();
    assertThat(lab().broker.waitingIds(TOPIC, GROUP)).isEmpty();
  }
}
