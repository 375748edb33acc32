package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.core.guard.CircuitBreaker;
import dev.missive.core.guard.CircuitPolicy;
import dev.missive.core.guard.Idempotency;
import dev.missive.core.guard.MemoryIdempotencyStore;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses Z17 and Z18, and what the helpers above the contract promise besides. */
public interface GuardClauses extends Clauses {
  /** The topic of these clauses. */
  String TOPIC = "guard.orders";

  /** A short lab().time. */
  Duration SECOND = Duration.ofSeconds(1);

  /** How long ids are remembered. */
  Duration WINDOW = Duration.ofHours(1);

  /** How long a circuit stays open. */
  Duration OPEN_FOR = Duration.ofSeconds(30);

  /** Opens a circuit after four failures. */
  CircuitPolicy POLICY = CircuitPolicy.standard().window(4, 4).openFor(OPEN_FOR);

  private Messaging open(Interceptor... interceptors) {
    // The broker would swallow the second message of an id by itself.
    return lab().open(builder -> builder.interceptors(interceptors), "memory.dedup-window", "0ms");
  }

  private MemoryIdempotencyStore store() {
    return MemoryIdempotencyStore.create().time(lab().time);
  }

  private static Consumer consume(Messaging messaging, String group, Handler handler) {
    return consumeWith(messaging, group, builder -> builder.handler(handler));
  }

  private static Consumer consumeWith(
      Messaging messaging, String group, UnaryOperator<Consumer.Builder> options) {
    return Lab.started(options.apply(messaging.consumer(TOPIC).group(group)).build());
  }

  private static Message message(String id) {
    return Message.builder(TOPIC).id(id).text(id).build();
  }

  private void publish(Messaging messaging, String... ids) {
    for (String id : ids) {
      messaging.producer().publish(message(id));
    }
    lab().time.settle();
  }

  @Test
  @DisplayName("Z17 the same id delivered twice runs the effect once inside the window, per group")
  default void once() {
    Messaging messaging = open(Idempotency.with(store()).window(WINDOW));
    Recorder billing = new Recorder();
    Recorder audit = new Recorder();
    Consumer first = consume(messaging, "billing", billing);
    consume(messaging, "audit", audit);

    publish(messaging, "m1", "m1", "m2");
    assertThat(billing.ids()).containsExactly("m1", "m2");
    assertThat(audit.ids()).containsExactly("m1", "m2");
    assertThat(messaging.counters().subscriptions())
        .allSatisfy(each -> assertThat(each.acked()).isEqualTo(3));

    first.stop(Duration.ZERO);
    consume(messaging, "billing", billing);
    publish(messaging, "m1");
    assertThat(billing.ids()).as("another consumer of the group").containsExactly("m1", "m2");

    lab().time.advance(WINDOW);
    publish(messaging, "m1");
    assertThat(billing.ids()).as("after the window").containsExactly("m1", "m2", "m1");
  }

  @Test
  @DisplayName("Z17 the same id delivered twice at the same time runs the effect once")
  default void onceAtTheSameTime() {
    Messaging messaging = open(Idempotency.with(store()).busyWait(SECOND));
    FakeHandler.Blocking slow = FakeHandler.blocking();
    Recorder seen = new Recorder(slow);
    consumeWith(messaging, "billing", builder -> builder.concurrency(2).handler(seen));

    publish(messaging, "m1");
    slow.awaitEntered();
    publish(messaging, "m1");
    lab()
        .await(
            "the duplicate is back with its next attempt",
            () -> messaging.counters().subscriptions().get(0).failedRuns() == 1);
    slow.release();
    lab().time.advance(SECOND.multipliedBy(10));

    assertThat(seen.ids()).containsExactly("m1");
    assertThat(lab().broker.deadLetterIds(TOPIC, "billing")).isEmpty();
    assertThat(lab().broker.waitingIds(TOPIC, "billing")).isEmpty();
  }

  @Test
  @DisplayName(
      "Z17 a failed run is no success: its retries run, a duplicate after the success does not")
  default void failuresRunAgain() {
    Messaging messaging = open(Idempotency.with(store()));
    Recorder seen = new Recorder(FakeHandler.failing(2));
    consume(messaging, "billing", seen);

    publish(messaging, "m1");
    lab().time.advance(Duration.ofMinutes(5));

    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsExactly(1, 2, 3);
    publish(messaging, "m1");
    assertThat(seen.runs()).hasSize(3);
  }

  @Test
  @DisplayName("Z18 if the state of the deduplication fails the message is retried, not skipped")
  default void storeFails() {
    for (String broken : List.of("begin", "succeeded")) {
      AtomicBoolean fails = new AtomicBoolean(true);
      IdempotencyStore flaky = flaky(broken, fails);
      Messaging messaging = open(Idempotency.with(flaky));
      Recorder seen = new Recorder();
      consume(messaging, broken, seen);

      publish(messaging, broken + "-1");
      lab().time.advance(Duration.ofMillis(2500));
      int before = seen.runs().size();
      fails.set(false);
      lab().time.advance(Duration.ofMinutes(5));

      assertThat(before).isEqualTo(broken.equals("begin") ? 0 : 2);
      assertThat(seen.ids()).hasSize(before + 1).containsOnly(broken + "-1");
      assertThat(lab().broker.deadLetterIds(TOPIC, broken)).isEmpty();
      assertThat(lab().broker.waitingIds(TOPIC, broken)).isEmpty();
      publish(messaging, broken + "-1");
      assertThat(seen.ids()).hasSize(before + 1);
    }
  }

  private IdempotencyStore flaky(String broken, AtomicBoolean fails) {
    MemoryIdempotencyStore good = MemoryIdempotencyStore.create().time(lab().time);
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
  default void circuit() {
    Messaging messaging =
        open(Idempotency.with(store()), CircuitBreaker.with(POLICY).time(lab().time));
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
            messaging,
            "billing",
            builder ->
                builder
                    .retry(RetryPolicy.exponential(SECOND, SECOND).maxAttempts(3))
                    .handler(seen));

    publish(messaging, "a", "b", "c", "d", "e", "f");
    assertThat(seen.ids()).as("four failures open it").containsExactly("a", "b", "c", "d");
    assertThat(messaging.health().consumers().get(0).state()).isEqualTo(ConsumerState.PAUSED);
    assertThat(messaging.health().consumers().get(0).reason()).contains("circuit of guard.orders");

    lab().time.advance(OPEN_FOR.plusSeconds(1));
    assertThat(seen.runs()).as("one trial").hasSize(5);
    lab().time.advance(OPEN_FOR.plusSeconds(1));
    assertThat(seen.runs()).as("one trial").hasSize(6);

    away.set(false);
    lab().time.advance(Duration.ofMinutes(2));
    assertThat(seen.ids().subList(6, seen.ids().size()))
        .containsExactlyInAnyOrder("a", "b", "c", "d", "e", "f");
    assertThat(seen.runs()).allSatisfy(run -> assertThat(run.attempt()).isLessThan(4));
    assertThat(lab().broker.deadLetterIds(TOPIC, "billing")).isEmpty();
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }

  @Test
  @DisplayName("an open publish circuit fails with MSG-CIRCUIT-OPEN and reaches no broker")
  default void publishCircuit() {
    Messaging messaging = open(CircuitBreaker.with(POLICY).time(lab().time));
    consume(messaging, "billing", message -> {});
    lab().broker.rejectNext(Integer.MAX_VALUE);
    for (int i = 0; i < 4; i++) {
      CompletionStage<Receipt> rejected = messaging.producer().publishAsync(message("r" + i));
      lab().time.advance(Duration.ofMinutes(1));
      assertThat(rejected.toCompletableFuture().isCompletedExceptionally()).isTrue();
    }
    long operations = lab().broker.operations();

    assertThatThrownBy(() -> messaging.producer().publish(message("refused")))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.CIRCUIT_OPEN);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            });
    assertThat(lab().broker.operations()).isEqualTo(operations);

    lab().broker.rejectNext(0);
    lab().time.advance(OPEN_FOR.plusSeconds(1));
    publish(messaging, "good");
    publish(messaging, "better");
    assertThat(lab().broker.topicIds(TOPIC)).contains("good", "better").doesNotContain("refused");
  }
}
