package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

interface FaultClauses extends Clauses {
  @Test
  @DisplayName("F01 F02 the broker restarts under load with many publishers: every receipt is kept")
  default void restarts() throws InterruptedException {
    Messaging messaging = lab().open();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    consumeWith(messaging, builder -> builder.concurrency(4).handler(m -> handled.add(m.id())));
    Set<String> stored = ConcurrentHashMap.newKeySet();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 20; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 100; i++) {
                  stored.add(messaging.producer().publish(message("k" + i, "v")).id());
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (int i = 1; i <= 4; i++) {
      int enough = i * 300;
      Eventually.await("progress", () -> stored.size() > enough);
      lab().broker.restart();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(stored).hasSize(2000);
    Eventually.await("all handled", () -> handled.containsAll(stored));
  }

  @Test
  @DisplayName(
      "F06 credentials refused at run time: AUTH_FAILED, publishes fail fast, one login per auth-retry, then it recovers")
  default void auth_at_run_time() {
    lab().virtual();
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consume(messaging, seen);
    lab().broker.refuseCredentials(true);
    lab().broker.drop();
    lab().time.advance(Duration.ofSeconds(30));
    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.AUTH_FAILED);
    assertThatThrownBy(() -> messaging.producer().publish(message("k", "v")))
        .hasMessageContaining("MSG-AUTH");

    lab().broker.refuseCredentials(false);
    lab().time.advance(Duration.ofSeconds(61));
    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CONNECTED);
    messaging.producer().publish(message("k", "v"));
    seen.await(1);
  }

  @Test
  @DisplayName("F06 wrong credentials at start are thrown and shown")
  default void auth_at_start() {
    lab().broker.requireCredentials("app", "right");
    Messaging messaging = lab().open("memory.username", "app", "memory.password", "wrong-canary");
    assertThatThrownBy(messaging::start)
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.AUTH))
        .hasMessageNotContaining("wrong-canary");
    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.AUTH_FAILED);
    Messaging right = lab().open("memory.username", "app", "memory.password", "right");
    right.start();
    assertThat(right.health().up()).isTrue();
  }

  @Test
  @DisplayName("F04 topology deleted while disconnected is declared again")
  default void topology_gone() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    Consumer consumer = consume(messaging, seen);
    messaging.producer().publish(message("k", "before"));
    seen.await(1);
    lab().broker.down();
    Eventually.await(
        "disconnected",
        () -> messaging.health().connection().state() == ConnectionState.RECONNECTING);
    lab().broker.deleteTopic(TOPIC);
    lab().broker.up();

    Eventually.await("declared again", () -> lab().broker.hasTopic(TOPIC));
    Eventually.await(
        "published again",
        () -> messaging.producer().publishBatch(List.of(message("k", "after"))).get(0).stored());
    seen.await(2);
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }

  @Test
  @DisplayName(
      "F07 a lost confirm is resent with the same id, or fails UNKNOWN at the deadline; never NOT_STORED")
  default void lost_confirm() {
    lab().virtual();
    Messaging messaging = lab().open("memory.dedup-window", "0s");
    messaging.topology().declare(TOPIC, GROUP);
    lab().broker.loseConfirms(1);
    CompletableFuture<Receipt> resent =
        messaging.producer().publishAsync(message("k", "resent")).toCompletableFuture();
    lab().time.settle();
    assertThat(resent).isNotDone();
    lab().broker.drop();
    lab().time.advance(Duration.ofSeconds(5));
    String id = resent.join().id();
    assertThat(lab().broker.waitingIds(TOPIC, GROUP)).containsExactly(id, id);

    lab().broker.loseConfirms(1);
    CompletableFuture<Receipt> unknown =
        messaging.producer().publishAsync(message("k", "unknown")).toCompletableFuture();
    lab().time.advance(Duration.ofSeconds(31));
    assertThatThrownBy(unknown::join)
        .cause()
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.PUBLISH_TIMEOUT);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.UNKNOWN);
            });
  }

  @Test
  @DisplayName(
      "F08 a blocked broker: publishes wait, fail with MSG-BROKER-BLOCKED at the deadline, stop still returns")
  default void blocked() {
    Messaging messaging = lab().open("producer.deadline", "1s");
    Consumer consumer =
        consumeWith(messaging, builder -> builder.retry(Lab.QUICK).handler(FakeHandler.failing(1)));
    messaging.producer().publish(message("k", "first"));
    Eventually.await("handled", () -> messaging.counters().of(TOPIC, GROUP).acked() == 1);
    lab().broker.block();
    Eventually.await(
        "blocked", () -> messaging.health().connection().state() == ConnectionState.BLOCKED);
    assertThatThrownBy(() -> messaging.producer().publish(message("k", "v")))
        .hasMessageContaining("MSG-BROKER-BLOCKED");
    assertThat(consumer.stop(Duration.ofMillis(200)).complete()).isTrue();
    lab().broker.unblock();
    Eventually.await(
        "free", () -> messaging.health().connection().state() == ConnectionState.CONNECTED);
    messaging.producer().publish(message("k", "after"));
  }

  @Test
  @DisplayName("F09 a broker that hangs: stop and close return in time, health answers")
  default void hung() {
    Messaging messaging = lab().open("producer.deadline", "1s", "connect.timeout", "1s");
    Consumer consumer = consume(messaging, m -> {});
    lab().broker.hang();
    assertThatThrownBy(() -> messaging.producer().publish(message("k", "v")))
        .hasMessageContaining("MSG-PUBLISH-TIMEOUT");
    long began = System.nanoTime();
    messaging.health();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(100));
    began = System.nanoTime();
    consumer.stop(Duration.ofMillis(300));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(1300));
    began = System.nanoTime();
    messaging.close(Duration.ofMillis(300));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(1500));
  }

  @Test
  @DisplayName(
      "S06 a refused publish is tried again until it is stored, in order within strictKeyOrder")
  default void refused_then_stored() {
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, GROUP);
    lab().broker.rejectNext(3);
    Producer strict = messaging.producerBuilder().strictKeyOrder().build();
    List<CompletableFuture<Receipt>> stages = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Message message = message("one", "m" + i);
      ids.add(message.id());
      stages.add(strict.publishAsync(message).toCompletableFuture());
    }
    stages.forEach(CompletableFuture::join);
    assertThat(lab().broker.waitingIds(TOPIC, GROUP)).isEqualTo(ids);
    assertThat(messaging.counters().publishing().resent()).isEqualTo(3);
  }
}
