package dev.missive.core.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.IdempotencyStore;
import dev.missive.Interceptor.HandleStep;
import dev.missive.Outcome;
import dev.missive.PauseException;
import dev.missive.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class IdempotencyTest {
  private final Script store = new Script();
  private final Idempotency idempotency =
      Idempotency.with(store).window(Duration.ofHours(1)).busyWait(Duration.ofSeconds(3));
  private final AtomicInteger runs = new AtomicInteger();

  /** A store that works, or fails where it is told to; it writes down what is asked of it. */
  private static final class Script implements IdempotencyStore {
    final List<String> calls = new ArrayList<>();
    final MemoryIdempotencyStore memory = MemoryIdempotencyStore.create();
    String failing = "";
    String throwing = "";

    private <T> CompletionStage<T> answer(String call, Supplier<CompletionStage<T>> good) {
      if (throwing.equals(call)) {
        throw new IllegalStateException(call + " throws");
      }
      return failing.equals(call)
          ? CompletableFuture.failedFuture(new IllegalStateException(call + " fails"))
          : good.get();
    }

    @Override
    public CompletionStage<Claim> begin(String group, String id, Duration window) {
      calls.add("begin " + group + " " + id + " " + window);
      return answer("begin", () -> memory.begin(group, id, window));
    }

    @Override
    public CompletionStage<Void> succeeded(String group, String id) {
      calls.add("succeeded " + id);
      return answer("succeeded", () -> memory.succeeded(group, id));
    }

    @Override
    public CompletionStage<Void> failed(String group, String id) {
      calls.add("failed " + id);
      return answer("failed", () -> memory.failed(group, id));
    }
  }

  private HandleStep returning(Outcome outcome) {
    return message -> {
      runs.incrementAndGet();
      return CompletableFuture.completedStage(outcome);
    };
  }

  private CompletionStage<Outcome> deliver(int attempt, HandleStep step) throws Exception {
    return idempotency.aroundHandle(Received.of("orders", "billing", "m1", attempt), step);
  }

  @Test
  void a_handled_message_is_acknowledged_without_a_run() throws Exception {
    assertThat(deliver(1, returning(Outcome.ack()))).isCompletedWithValue(Outcome.ack());
    assertThat(deliver(1, returning(Outcome.retry()))).isCompletedWithValue(Outcome.ack());

    assertThat(runs).hasValue(1);
    assertThat(store.calls)
        .containsExactly(
            "begin orders.billing m1 PT1H", "succeeded m1", "begin orders.billing m1 PT1H");
  }

  @Test
  void other_groups_other_topics_and_broadcasts_run() throws Exception {
    for (var message :
        List.of(
            Received.of("orders", "billing", "m1", 1),
            Received.of("orders", "audit", "m1", 1),
            Received.of("invoices", "billing", "m1", 1),
            Received.of("orders", null, "m1", 1),
            Received.of("orders", null, "m1", 1))) {
      assertThat(idempotency.aroundHandle(message, returning(Outcome.ack()))).isCompleted();
    }
    assertThat(runs).hasValue(5);
  }

  @Test
  void a_duplicate_of_a_running_message_is_retried_later_and_later() throws Exception {
    CompletableFuture<Outcome> running = new CompletableFuture<>();
    CompletionStage<Outcome> first = deliver(1, m -> running);

    assertThat(deliver(1, returning(Outcome.ack())))
        .isCompletedWithValue(Outcome.retryAfter(Duration.ofSeconds(3)));
    assertThat(deliver(3, returning(Outcome.ack())))
        .isCompletedWithValue(Outcome.retryAfter(Duration.ofSeconds(12)));
    assertThat(deliver(1000, returning(Outcome.ack())))
        .isCompletedWithValue(Outcome.retryAfter(Duration.ofSeconds(3072)));
    running.complete(Outcome.ack());

    assertThat(first).isCompletedWithValue(Outcome.ack());
    assertThat(deliver(2, returning(Outcome.ack()))).isCompletedWithValue(Outcome.ack());
    assertThat(runs).hasValue(0);
  }

  @Test
  void only_ack_is_a_success() throws Exception {
    for (Outcome outcome :
        List.of(
            Outcome.retry(),
            Outcome.retryAfter(Duration.ZERO),
            Outcome.drop(),
            Outcome.deadLetter("no"))) {
      assertThat(deliver(1, returning(outcome))).isCompletedWithValue(outcome);
    }
    PauseException pause = new PauseException(Duration.ofSeconds(1), "later");
    List<Throwable> seen = new ArrayList<>();
    deliver(1, m -> CompletableFuture.failedStage(pause)).whenComplete((o, e) -> seen.add(e));
    deliver(
            1,
            m -> {
              throw pause;
            })
        .whenComplete((o, e) -> seen.add(e));

    assertThat(seen).containsExactly(pause, pause);
    assertThat(runs).hasValue(4);
    assertThat(store.calls).doesNotContain("succeeded m1");
    assertThat(store.calls.stream().filter("failed m1"::equals)).hasSize(6);
    assertThat(deliver(2, returning(Outcome.ack()))).isCompletedWithValue(Outcome.ack());
  }

  @Test
  void a_store_that_cannot_claim_means_a_retry_and_touches_no_claim() {
    for (boolean throwing : new boolean[] {false, true}) {
      store.failing = throwing ? "" : "begin";
      store.throwing = throwing ? "begin" : "";
      assertThatThrownBy(() -> deliver(1, returning(Outcome.ack())))
          .hasMessageContaining("the idempotency store could not claim")
          .hasRootCauseInstanceOf(IllegalStateException.class);
    }
    assertThat(runs).hasValue(0);
    assertThat(store.calls).doesNotContain("failed m1");
  }

  @Test
  void a_success_that_cannot_be_recorded_is_retried_and_runs_again() throws Exception {
    for (boolean throwing : new boolean[] {false, true}) {
      store.failing = throwing ? "" : "succeeded";
      store.throwing = throwing ? "succeeded" : "";
      List<Throwable> seen = new ArrayList<>();
      deliver(1, returning(Outcome.ack())).whenComplete((o, e) -> seen.add(e));
      assertThat(seen)
          .singleElement()
          .satisfies(
              e -> assertThat(e).hasMessageContaining("the idempotency store could not record"));
    }
    assertThat(store.calls.stream().filter("failed m1"::equals)).hasSize(2);

    store.throwing = "";
    store.memory.failed("orders.billing", "m1");
    assertThat(deliver(2, returning(Outcome.ack()))).isCompletedWithValue(Outcome.ack());
    assertThat(runs).hasValue(3);
  }

  @Test
  void a_claim_that_cannot_be_given_up_changes_no_outcome() throws Exception {
    for (boolean throwing : new boolean[] {false, true}) {
      store.failing = throwing ? "" : "failed";
      store.throwing = throwing ? "failed" : "";
      store.memory.failed("orders.billing", "m1");
      assertThat(deliver(1, returning(Outcome.retry()))).isCompletedWithValue(Outcome.retry());
    }
  }

  @Test
  void the_outcome_waits_for_the_record() throws Exception {
    CompletableFuture<Void> recording = new CompletableFuture<>();
    IdempotencyStore slow =
        new IdempotencyStore() {
          @Override
          public CompletionStage<Claim> begin(String group, String id, Duration window) {
            return CompletableFuture.completedStage(Claim.MINE);
          }

          @Override
          public CompletionStage<Void> succeeded(String group, String id) {
            return recording;
          }

          @Override
          public CompletionStage<Void> failed(String group, String id) {
            throw new AssertionError("not failed");
          }
        };
    CompletionStage<Outcome> result =
        Idempotency.with(slow)
            .aroundHandle(Received.of("orders", "billing", "m1", 1), returning(Outcome.ack()));

    assertThat(result.toCompletableFuture()).isNotDone();
    recording.complete(null);
    assertThat(result).isCompletedWithValue(Outcome.ack());
  }

  @Test
  void the_handler_runs_on_its_own_thread_and_a_claim_after_an_interrupt_is_given_up()
      throws Exception {
    CompletableFuture<IdempotencyStore.Claim> answer = new CompletableFuture<>();
    List<String> given = new ArrayList<>();
    IdempotencyStore slow =
        new IdempotencyStore() {
          @Override
          public CompletionStage<Claim> begin(String group, String id, Duration window) {
            return answer;
          }

          @Override
          public CompletionStage<Void> succeeded(String group, String id) {
            return CompletableFuture.completedStage(null);
          }

          @Override
          public CompletionStage<Void> failed(String group, String id) {
            given.add(id);
            return CompletableFuture.completedStage(null);
          }
        };
    AtomicReference<Throwable> error = new AtomicReference<>();
    AtomicReference<Thread> ran = new AtomicReference<>();
    Idempotency waiting = Idempotency.with(slow);
    HandleStep step =
        m -> {
          ran.set(Thread.currentThread());
          return CompletableFuture.completedStage(Outcome.ack());
        };
    Runnable run =
        () -> {
          try {
            waiting.aroundHandle(Received.of("orders", "billing", "m1", 1), step);
          } catch (Exception e) {
            error.set(e);
          }
        };
    Thread interrupted = new Thread(run);
    Thread patient = new Thread(run);
    interrupted.start();
    patient.start();
    Eventually.await("both wait", () -> waits(interrupted) && waits(patient));

    interrupted.interrupt();
    interrupted.join();
    answer.complete(IdempotencyStore.Claim.MINE);
    patient.join();

    assertThat(error.get()).isInstanceOf(InterruptedException.class);
    assertThat(given).containsExactly("m1");
    assertThat(ran.get()).isSameAs(patient);
  }

  private static boolean waits(Thread thread) {
    return thread.getState() == Thread.State.WAITING;
  }

  @Test
  void wrong_times_are_refused() {
    assertThatThrownBy(() -> idempotency.window(Duration.ZERO))
        .hasMessageContaining("must be more than zero");
    assertThatThrownBy(() -> idempotency.busyWait(Duration.ofSeconds(-1)))
        .hasMessageContaining("must be more than zero");
  }
}
