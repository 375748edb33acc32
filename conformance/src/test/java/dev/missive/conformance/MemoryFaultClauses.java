package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What only the in-memory broker can be made to do: refuse, hang, block, hold. */
public interface MemoryFaultClauses extends Clauses {
  /**
   * What came in time is over by then: the clock goes on while a busy machine lets callers wait.
   */
  Duration LATE = Duration.ofSeconds(5);

  @Test
  @DisplayName(
      "P09 close completes every accepted publish, as stored or as an error that tells the truth")
  default void close_completes() {
    Messaging messaging = lab().open("producer.deadline", "2s");
    messaging.topology().declare(TOPIC, Lab.GROUP);
    lab().broker.rejectNext(50);
    List<CompletionStage<Receipt>> stages = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Message message = message("k" + i, "v");
      ids.add(message.id());
      stages.add(messaging.producer().publishAsync(message));
    }

    Instant began = lab().time.now();
    lab().run("closing", () -> messaging.close(Duration.ofSeconds(5)));

    assertThat(Duration.between(began, lab().time.now()))
        .as("how long close took")
        .isLessThanOrEqualTo(Duration.ofSeconds(6));
    List<String> there = lab().broker.waitingIds(TOPIC, Lab.GROUP);
    for (int i = 0; i < stages.size(); i++) {
      assertThat(stages.get(i).toCompletableFuture()).isDone();
      boolean stored = !stages.get(i).toCompletableFuture().isCompletedExceptionally();
      if (stored) {
        assertThat(there).contains(ids.get(i));
      } else {
        PublishException error = failure(stages.get(i));
        if (error.outcome() == PublishException.Outcome.NOT_STORED) {
          assertThat(there).doesNotContain(ids.get(i));
        }
      }
    }
  }

  @Test
  @DisplayName("U01 whatever capability is missing is refused where it is asked for")
  default void refusals() {
    for (Capability capability : Capability.values()) {
      Messaging messaging = lab().open("memory.without", capability.name());
      messaging.topology().declare(TOPIC, Lab.GROUP);
      long before = lab().broker.operations();

      assertThatThrownBy(() -> lab().run("using " + capability, () -> use(messaging, capability)))
          .as(capability.name())
          .isInstanceOfSatisfying(
              MessagingException.class,
              e ->
                  assertThat(e.code())
                      .as(capability.name())
                      .isEqualTo(ErrorCode.CAPABILITY_MISSING));
      assertThat(lab().broker.operations())
          .as("operations at the broker for " + capability)
          .isEqualTo(before);
    }
  }

  private static void use(Messaging messaging, Capability capability) {
    Producer producer = messaging.producer();
    switch (capability) {
      case KEY_ORDER ->
          messaging.consumer(TOPIC).group("g").require(capability).handler(m -> {}).build().start();
      case ORDERED_RETRY ->
          messaging
              .consumer(TOPIC)
              .group("g")
              .ordering(dev.missive.Ordering.KEY)
              .handler(m -> {})
              .build()
              .start();
      case DELAY -> producer.publish(Message.builder(TOPIC).delay(Duration.ofSeconds(5)).build());
      case TTL ->
          producer.publish(Message.builder(TOPIC).timeToLive(Duration.ofSeconds(5)).build());
      case PRIORITY -> producer.publish(Message.builder(TOPIC).priority(3).build());
      case DEDUP ->
          messaging.consumer(TOPIC).group("g").require(capability).handler(m -> {}).build().start();
      case START_POSITION ->
          messaging
              .consumer(TOPIC)
              .group("g")
              .from(dev.missive.Consumer.EARLIEST)
              .handler(m -> {})
              .build()
              .start();
      case SEEK -> messaging.topology().seek(TOPIC, Lab.GROUP, new dev.missive.Position(0, 0));
      case WILDCARD -> messaging.consumer("lab.*").group("g").handler(m -> {}).build().start();
      case BROADCAST -> messaging.consumer(TOPIC).broadcast().handler(m -> {}).build().start();
      case REQUEST -> {
        try {
          messaging
              .requester()
              .request(message("k", "v"), Duration.ofSeconds(1))
              .toCompletableFuture()
              .join();
        } catch (CompletionException e) {
          throw (MessagingException) e.getCause();
        }
      }
      case ATOMIC_BATCH -> producer.publishAtomically(List.of(message("k", "v")));
    }
  }

  private static PublishException failure(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      return (PublishException) e.getCause();
    }
    throw new AssertionError("the publish succeeded");
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
    lab()
        .await(
            "it is delivered again", () -> messaging.counters().of(TOPIC, GROUP).received() == 2);
    blocking.release();
    lab().run("publishing", () -> messaging.producer().publish(message("b", "after")));

    lab()
        .await(
            "all settled",
            () ->
                lab().broker.inFlight(TOPIC, GROUP) == 0
                    && lab().broker.waitingIds(TOPIC, GROUP).isEmpty()
                    && seen.runs().size() >= 2);
    lab().time.settle();
    assertThat(seen.texts()).containsExactly("held", "after");
    Counters.Subscription counts = messaging.counters().of(TOPIC, GROUP);
    assertThat(counts.received()).isEqualTo(3);
    assertThat(counts.returned()).isEqualTo(1);
    assertThat(counts.acked()).isEqualTo(2);
  }

  @Test
  @DisplayName(
      "O05 what waits longer than the broker allows is given back unstarted and loses no attempt")
  default void hold_budget() {
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
  @DisplayName("F06 wrong credentials at start are thrown and shown")
  default void auth_at_start() {
    lab().broker.requireCredentials("app", "right");
    Messaging messaging = lab().open("memory.username", "app", "memory.password", "wrong-canary");
    assertThatThrownBy(() -> lab().run("starting", messaging::start))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.AUTH))
        .hasMessageNotContaining("wrong-canary");
    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.AUTH_FAILED);
    Messaging right = lab().open("memory.username", "app", "memory.password", "right");
    lab().run("starting", right::start);
    assertThat(right.health().up()).isTrue();
  }

  @Test
  @DisplayName(
      "F07 a lost confirm is resent with the same id, or fails UNKNOWN at the deadline; never NOT_STORED")
  default void lost_confirm() {
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
      "Z35 a blocked broker: publishes wait, fail with MSG-BROKER-BLOCKED at the deadline, stop still returns")
  default void blocked() {
    Messaging messaging = lab().open("producer.deadline", "1s");
    Consumer consumer =
        consumeWith(messaging, builder -> builder.retry(Lab.QUICK).handler(FakeHandler.failing(1)));
    messaging.producer().publish(message("k", "first"));
    lab().await("handled", () -> messaging.counters().of(TOPIC, GROUP).acked() == 1);
    lab().broker.block();
    lab()
        .await("blocked", () -> messaging.health().connection().state() == ConnectionState.BLOCKED);
    Runnable publishing =
        () ->
            assertThatThrownBy(() -> messaging.producer().publish(message("k", "v")))
                .hasMessageContaining("MSG-BROKER-BLOCKED");
    assertThat(lab().timed("publishing", publishing))
        .as("how long a publish waits")
        .isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    AtomicReference<DrainReport> report = new AtomicReference<>();
    assertThat(lab().timed("stopping", () -> report.set(consumer.stop(Duration.ofMillis(200)))))
        .as("how long stop(200 ms) takes")
        .isLessThan(LATE);
    assertThat(report.get().complete()).isTrue();
    lab().broker.unblock();
    lab().await("free", () -> messaging.health().connection().state() == ConnectionState.CONNECTED);
    lab().run("publishing", () -> messaging.producer().publish(message("k", "after")));
  }

  @Test
  @DisplayName("Z36 a broker that hangs: stop and close return in time, health answers")
  default void hung() {
    Messaging messaging = lab().open("producer.deadline", "1s", "connect.timeout", "1s");
    Consumer consumer = consume(messaging, m -> {});
    lab().broker.hang();
    Runnable publishing =
        () ->
            assertThatThrownBy(() -> messaging.producer().publish(message("k", "v")))
                .hasMessageContaining("MSG-PUBLISH-TIMEOUT");
    lab().run("publishing", publishing);

    assertThat(lab().timed("asking", messaging::health))
        .as("how long health takes")
        .isLessThan(LATE);
    assertThat(lab().timed("stopping", () -> consumer.stop(Duration.ofMillis(300))))
        .as("how long stop(300 ms) takes")
        .isLessThan(LATE);
    assertThat(lab().timed("closing", () -> messaging.close(Duration.ofMillis(300))))
        .as("how long close(300 ms) takes")
        .isLessThan(LATE);
  }

  @Test
  @DisplayName(
      "Z37 a refused publish is tried again until it is stored, in order within strictKeyOrder")
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
    lab().await("all have a result", () -> stages.stream().allMatch(CompletableFuture::isDone));
    assertThat(stages).as("publishes").noneMatch(CompletableFuture::isCompletedExceptionally);
    assertThat(lab().broker.waitingIds(TOPIC, GROUP)).isEqualTo(ids);
    assertThat(messaging.counters().publishing().resent()).isEqualTo(3);
  }
}
