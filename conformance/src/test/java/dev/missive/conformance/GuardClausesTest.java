package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.core.guard.CircuitBreaker;
import dev.missive.core.guard.CircuitPolicy;
import dev.missive.core.guard.Idempotency;
import dev.missive.core.guard.MemoryIdempotencyStore;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the helpers above the contract promise, on the in-memory broker in virtual time. */
final class GuardClausesTest {
  private static final String TOPIC = "guard.orders";
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration WINDOW = Duration.ofHours(1);
  private static final Duration OPEN_FOR = Duration.ofSeconds(30);
  private static final CircuitPolicy POLICY =
      CircuitPolicy.standard().window(4, 4).openFor(OPEN_FOR);

  private final String name = "guard-" + UUID.randomUUID();
  private final MemoryBroker broker = MemoryBroker.named(name);
  private final VirtualTime time = new VirtualTime();
  private final MemoryIdempotencyStore store = MemoryIdempotencyStore.create().time(time);
  private Messaging messaging;

  private void open(Interceptor... interceptors) {
    messaging =
        Messaging.builder()
            .setting("broker", "memory")
            .setting("memory.name", name)
            // The broker would swallow the second message of an id by itself.
            .setting("memory.dedup-window", "0ms")
            .time(time)
            .interceptors(interceptors)
            .open();
  }

  private Consumer consume(String group, Handler handler) {
    return consumeWith(group, builder -> builder.handler(handler));
  }

  private Consumer consumeWith(String group, UnaryOperator<Consumer.Builder> options) {
    Consumer consumer = options.apply(messaging.consumer(TOPIC).group(group)).build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    return consumer;
  }

  private static Message message(String id) {
    return Message.builder(TOPIC).id(id).text(id).build();
  }

  private void publish(String... ids) {
    for (String id : ids) {
      messaging.producer().publish(message(id));
    }
    time.settle();
  }

  @AfterEach
  void close() {
    Thread closing = new Thread(() -> messaging.close(Duration.ZERO));
    closing.start();
    Eventually.await(
        "everything is closed",
        () -> {
          time.advance(Duration.ofMillis(100));
          return !closing.isAlive();
        });
    broker.reset();
  }

  @Test
  @DisplayName("Z17 the same id delivered twice runs the effect once inside the window, per group")
  void once() {
    open(Idempotency.with(store).window(WINDOW));
    Recorder billing = new Recorder();
    Recorder audit = new Recorder();
    Consumer first = consume("billing", billing);
    consume("audit", audit);

    publish("m1", "m1", "m2");
    assertThat(billing.ids()).containsExactly("m1", "m2");
    assertThat(audit.ids()).containsExactly("m1", "m2");
    assertThat(messaging.counters().subscriptions())
        .allSatisfy(each -> assertThat(each.acked()).isEqualTo(3));

    first.stop(Duration.ZERO);
    consume("billing", billing);
    publish("m1");
    assertThat(billing.ids()).as("another consumer of the group").containsExactly("m1", "m2");

    time.advance(WINDOW);
    publish("m1");
    assertThat(billing.ids()).as("after the window").containsExactly("m1", "m2", "m1");
  }

  @Test
  @DisplayName("Z17 the same id delivered twice at the same time runs the effect once")
  void onceAtTheSameTime() {
    open(Idempotency.with(store).busyWait(SECOND));
    FakeHandler.Blocking slow = FakeHandler.blocking();
    Recorder seen = new Recorder(slow);
    consumeWith("billing", builder -> builder.concurrency(2).handler(seen));

    publish("m1");
    slow.awaitEntered();
    publish("m1");
    Eventually.await(
        "the duplicate is back with its next attempt",
        () -> messaging.counters().subscriptions().get(0).failedRuns() == 1);
    slow.release();
    time.advance(SECOND.multipliedBy(10));

    assertThat(seen.ids()).containsExactly("m1");
    assertThat(broker.deadLetterIds(TOPIC, "billing")).isEmpty();
    assertThat(broker.waitingIds(TOPIC, "billing")).isEmpty();
  }

  @Test
  @DisplayName(
      "Z17 a failed run is no success: its retries run, a duplicate after the success does not")
  void failuresRunAgain() {
    open(Idempotency.with(store));
    Recorder seen = new Recorder(FakeHandler.failing(2));
    consume("billing", seen);

    publish("m1");
    time.advance(Duration.ofMinutes(5));

    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsExactly(1, 2, 3);
    publish("m1");
    assertThat(seen.runs()).hasSize(3);
  }

  @Test
  @DisplayName("Z18 if the state of the deduplication fails the message is retried, not skipped")
  void storeFails() {
    for (String broken : List.of("begin", "succeeded")) {
      AtomicBoolean fails = new AtomicBoolean(true);
      IdempotencyStore flaky = flaky(broken, fails);
      open(Idempotency.with(flaky));
      Recorder seen = new Recorder();
      consume(broken, seen);

      publish(broken + "-1");
      time.advance(Duration.ofMillis(2500));
      int before = seen.runs().size();
      fails.set(false);
      time.advance(Duration.ofMinutes(5));

      assertThat(before).isEqualTo(broken.equals("begin") ? 0 : 2);
      assertThat(seen.ids()).hasSize(before + 1).containsOnly(broken + "-1");
      assertThat(broker.deadLetterIds(TOPIC, broken)).isEmpty();
      assertThat(broker.waitingIds(TOPIC, broken)).isEmpty();
      publish(broken + "-1");
      assertThat(seen.ids()).hasSize(before + 1);
      close();
    }
    open();
  }

  private IdempotencyStore flaky(String broken, AtomicBoolean fails) {
    MemoryIdempotencyStore good = MemoryIdempotencyStore.create().time(time);
    return new IdempotencyStore() {
      private <T> CompletionStage<T> answer(String call, Supplier<CompletionStage<T>> result) {
        return fails.get() && call.equals(broken)
            ? CompletableFuture.failedFuture(new IllegalStateException("the store is away"))
            : result.get();
      }

      @Override
      public CompletionStage<Claim> begin(String group, String id, Duration window) {
        return answer("begin", () -> good.begin(group, id, window));
      }

      @Override
      public CompletionStage<Void> succeeded(String group, String id) {
        return answer("succeeded", () -> good.succeeded(group, id));
      }

      @Override
      public CompletionStage<Void> failed(String group, String id) {
        return good.failed(group, id);
      }
    };
  }

  @Test
  @DisplayName("an open circuit stops intake without spending attempts; half-open admits one")
  void circuit() {
    open(Idempotency.with(store), CircuitBreaker.with(POLICY).time(time));
    AtomicBoolean away = new AtomicBoolean(true);
    Recorder seen =
        new Recorder(
            message -> {
              if (away.get()) {
                throw new IllegalStateException("the database is away");
              }
            });
    Consumer consumer =
        consumeWith(
            "billing",
            builder ->
                builder
                    .retry(RetryPolicy.exponential(SECOND, SECOND).maxAttempts(3))
                    .handler(seen));

    publish("a", "b", "c", "d", "e", "f");
    assertThat(seen.ids()).as("four failures open it").containsExactly("a", "b", "c", "d");
    assertThat(messaging.health().consumers().get(0).state()).isEqualTo(ConsumerState.PAUSED);
    assertThat(messaging.health().consumers().get(0).reason()).contains("circuit of guard.orders");

    time.advance(OPEN_FOR.plusSeconds(1));
    assertThat(seen.runs()).as("one trial").hasSize(5);
    time.advance(OPEN_FOR.plusSeconds(1));
    assertThat(seen.runs()).as("one trial").hasSize(6);

    away.set(false);
    time.advance(Duration.ofMinutes(2));
    assertThat(seen.ids().subList(6, seen.ids().size()))
        .containsExactlyInAnyOrder("a", "b", "c", "d", "e", "f");
    assertThat(seen.runs()).allSatisfy(run -> assertThat(run.attempt()).isLessThan(4));
    assertThat(broker.deadLetterIds(TOPIC, "billing")).isEmpty();
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }

  @Test
  @DisplayName("an open publish circuit fails with MSG-CIRCUIT-OPEN and reaches no broker")
  void publishCircuit() {
    open(CircuitBreaker.with(POLICY).time(time));
    consume("billing", message -> {});
    broker.rejectNext(Integer.MAX_VALUE);
    for (int i = 0; i < 4; i++) {
      CompletionStage<Receipt> rejected = messaging.producer().publishAsync(message("r" + i));
      time.advance(Duration.ofMinutes(1));
      assertThat(rejected.toCompletableFuture().isCompletedExceptionally()).isTrue();
    }
    long operations = broker.operations();

    assertThatThrownBy(() -> messaging.producer().publish(message("refused")))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.CIRCUIT_OPEN);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            });
    assertThat(broker.operations()).isEqualTo(operations);

    broker.rejectNext(0);
    time.advance(OPEN_FOR.plusSeconds(1));
    publish("good");
    publish("better");
    assertThat(broker.topicIds(TOPIC)).contains("good", "better").doesNotContain("refused");
  }
}
