package dev.missive.core.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.missive.ErrorCode;
import dev.missive.Interceptor.HandleStep;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.Outcome;
import dev.missive.PauseException;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class CircuitBreakerTest {
  private static final Duration OPEN_FOR = Duration.ofSeconds(30);
  private static final Duration MOMENT = Duration.ofMillis(1);
  private static final CircuitPolicy POLICY =
      CircuitPolicy.standard()
          .window(4, 2)
          .openFor(OPEN_FOR)
          .trialAtMost(Duration.ofMinutes(5))
          .notFailures(Set.of(ArithmeticException.class));
  private static final ReceivedMessage ORDER = Received.of("orders", "billing", "1", 1);
  private static final HandleStep ACK = message -> done(Outcome.ack());
  private static final HandleStep FAIL = message -> failed(new IllegalStateException("away"));

  private final VirtualTime time = new VirtualTime();
  private final CircuitBreaker breaker = CircuitBreaker.with(POLICY).time(time);

  private static <T> CompletionStage<T> done(T value) {
    return CompletableFuture.completedStage(value);
  }

  private static <T> CompletionStage<T> failed(Throwable error) {
    return CompletableFuture.failedStage(error);
  }

  private CompletionStage<Outcome> handle(HandleStep step) throws Exception {
    return breaker.aroundHandle(ORDER, step);
  }

  private Duration refused() {
    return catchThrowableOfType(PauseException.class, () -> handle(m -> done(Outcome.drop())))
        .pause();
  }

  private void open() throws Exception {
    handle(FAIL);
    handle(FAIL);
  }

  private void halfOpen() throws Exception {
    open();
    time.advance(OPEN_FOR.plus(MOMENT));
  }

  @Test
  void an_open_circuit_pauses_for_the_rest_of_its_time_without_running_the_handler()
      throws Exception {
    handle(ACK);
    handle(FAIL);
    AtomicInteger runs = new AtomicInteger();

    time.advance(Duration.ofSeconds(10));

    assertThatThrownBy(
            () ->
                handle(
                    m -> {
                      runs.incrementAndGet();
                      return ACK.proceed(m);
                    }))
        .isInstanceOf(PauseException.class)
        .hasMessageContaining("orders/billing");
    assertThat(refused()).isEqualTo(Duration.ofSeconds(20).plus(MOMENT));
    assertThat(runs).hasValue(0);
  }

  @Test
  void the_pause_is_more_than_zero_at_the_very_end_and_long_enough() throws Exception {
    open();
    time.advance(OPEN_FOR);

    Duration last = refused();
    assertThat(last).isPositive();
    time.advance(last);

    assertThat(handle(ACK)).isCompletedWithValue(Outcome.ack());
  }

  @Test
  void half_open_it_admits_one_whose_success_closes_it() throws Exception {
    halfOpen();
    CompletableFuture<Outcome> trial = new CompletableFuture<>();

    CompletionStage<Outcome> first = handle(m -> trial);
    assertThat(refused()).isEqualTo(Duration.ofSeconds(1));
    trial.complete(Outcome.ack());

    assertThat(first).isCompletedWithValue(Outcome.ack());
    handle(FAIL);
    assertThat(handle(ACK)).isCompleted();
  }

  @Test
  void half_open_it_admits_one_of_many_threads() throws Exception {
    halfOpen();
    CompletableFuture<Outcome> trial = new CompletableFuture<>();
    AtomicInteger admitted = new AtomicInteger();
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  start.await();
                  handle(
                      m -> {
                        admitted.incrementAndGet();
                        return trial;
                      });
                } catch (Exception expected) {
                  // refused
                }
              });
      thread.start();
      threads.add(thread);
    }

    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(admitted).hasValue(1);
  }

  @Test
  void half_open_a_failure_opens_it_for_as_long_again() throws Exception {
    for (HandleStep failing :
        List.<HandleStep>of(
            FAIL, m -> done(Outcome.retry()), m -> done(Outcome.retryAfter(Duration.ZERO)))) {
      CircuitBreakerTest fresh = new CircuitBreakerTest();
      fresh.halfOpen();
      fresh.handle(failing);
      assertThat(fresh.refused()).isEqualTo(OPEN_FOR.plus(MOMENT));
    }
  }

  @Test
  void what_says_nothing_is_not_counted_and_gives_the_permission_back() throws Exception {
    for (HandleStep nothing :
        List.<HandleStep>of(
            m -> failed(new PauseException(MOMENT, "later")),
            m -> failed(new MessagingException(ErrorCode.UNDECODABLE, "broken")),
            m -> failed(new MessagingException(ErrorCode.TYPE_UNKNOWN, "unknown")),
            m -> failed(new NotRetryableException("hopeless")),
            m -> failed(new ArithmeticException("named by the policy")),
            m -> failed(new CompletionException(new ArithmeticException())),
            m -> done(Outcome.drop()),
            m -> done(Outcome.deadLetter("not ours")))) {
      CircuitBreakerTest fresh = new CircuitBreakerTest();
      for (int i = 0; i < 10; i++) {
        fresh.handle(nothing);
      }
      assertThat(fresh.handle(ACK)).as("closed").isCompleted();

      fresh = new CircuitBreakerTest();
      fresh.halfOpen();
      fresh.handle(nothing);
      fresh.handle(nothing);
      CompletableFuture<Outcome> trial = new CompletableFuture<>();
      fresh.handle(m -> trial);
      assertThat(fresh.refused()).as("one permission came back, not two").isPositive();
    }
  }

  @Test
  void a_run_that_began_before_it_opened_says_nothing_afterwards() throws Exception {
    CompletableFuture<Outcome> good = new CompletableFuture<>();
    CompletableFuture<Outcome> neither = new CompletableFuture<>();
    handle(m -> good);
    handle(m -> neither);
    halfOpen();
    handle(m -> new CompletableFuture<>());

    neither.complete(Outcome.drop());
    assertThat(refused()).as("no second trial").isPositive();
    good.complete(Outcome.ack());
    assertThat(refused()).as("not closed").isPositive();
  }

  @Test
  void a_trial_that_never_ends_has_failed_after_its_time() throws Exception {
    halfOpen();
    CompletableFuture<Outcome> lost = new CompletableFuture<>();
    handle(m -> lost);
    time.advance(POLICY.trialAtMost());

    assertThat(refused()).isEqualTo(OPEN_FOR.plus(MOMENT));
    lost.complete(Outcome.ack());
    assertThat(refused()).as("its late end is not heard").isEqualTo(OPEN_FOR.plus(MOMENT));
    time.advance(OPEN_FOR.plus(MOMENT));
    assertThat(handle(ACK)).isCompleted();
  }

  @Test
  void slow_runs_are_no_failures() throws Exception {
    for (int i = 0; i < 10; i++) {
      CompletableFuture<Outcome> slow = new CompletableFuture<>();
      handle(m -> slow);
      time.advance(Duration.ofMinutes(20));
      slow.complete(Outcome.ack());
    }
    assertThat(handle(ACK)).isCompleted();
  }

  @Test
  void each_topic_and_group_has_its_own_circuit() throws Exception {
    open();

    assertThat(breaker.aroundHandle(Received.of("orders", "audit", "1", 1), ACK)).isCompleted();
    assertThat(breaker.aroundHandle(Received.of("invoices", "billing", "1", 1), ACK)).isCompleted();
    assertThat(breaker.aroundHandle(Received.of("orders", null, "1", 1), ACK)).isCompleted();
    assertThat(publish(null)).isCompleted();
    assertThat(refused()).isPositive();
  }

  @Test
  void exceptions_pass_unchanged() throws Exception {
    IllegalStateException error = new IllegalStateException("mine");
    List<Throwable> seen = new ArrayList<>();

    handle(m -> failed(error)).whenComplete((outcome, e) -> seen.add(e));

    assertThat(seen).singleElement().isSameAs(error);
    assertThatThrownBy(
            () ->
                handle(
                    m -> {
                      throw error;
                    }))
        .isSameAs(error);
    assertThat(refused()).as("both were counted").isPositive();
  }

  @Test
  void an_open_publish_circuit_fails_at_once_and_stores_nothing() throws Exception {
    publish(ErrorCode.BROKER_UNREACHABLE);
    publish(ErrorCode.PUBLISH_TIMEOUT);
    List<Throwable> seen = new ArrayList<>();

    publish(null).whenComplete((receipt, e) -> seen.add(e));

    assertThat(seen)
        .singleElement()
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.CIRCUIT_OPEN);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
              assertThat(e.retryable()).isTrue();
              assertThat(e).hasMessageContaining("orders").hasMessageContaining("30.001S");
            });
    assertThat(handle(ACK)).as("handling goes on").isCompleted();
    time.advance(OPEN_FOR.plus(MOMENT));
    assertThat(publish(null)).isCompleted();
    assertThat(publish(null)).isCompleted();
  }

  @Test
  void only_failures_of_the_broker_open_the_publish_circuit() {
    Set<ErrorCode> ofTheBroker =
        Set.of(
            ErrorCode.BROKER_UNREACHABLE,
            ErrorCode.BROKER_BLOCKED,
            ErrorCode.PUBLISH_TIMEOUT,
            ErrorCode.PUBLISH_REJECTED);
    for (ErrorCode code : ErrorCode.values()) {
      CircuitBreakerTest fresh = new CircuitBreakerTest();
      fresh.publish(code);
      fresh.publish(code);
      assertThat(fresh.publish(null).toCompletableFuture().isCompletedExceptionally())
          .as(code.id())
          .isEqualTo(ofTheBroker.contains(code));
    }
  }

  private CompletionStage<Receipt> publish(ErrorCode failure) {
    return breaker.aroundPublish(
        Message.of("orders", new byte[0]),
        message ->
            failure == null
                ? done(new Receipt(message.id(), null))
                : failed(
                    new PublishException(failure, PublishException.Outcome.UNKNOWN, "no", null)));
  }

  @Test
  void a_breaker_may_stand_around_one_side_only() throws Exception {
    CircuitBreaker handling = CircuitBreaker.handling(POLICY).time(time);
    CircuitBreaker publishing = CircuitBreaker.publishing(POLICY).time(time);
    Message message = Message.of("orders", new byte[0]);
    CompletionStage<Receipt> away =
        CompletableFuture.failedFuture(
            new PublishException(
                ErrorCode.PUBLISH_TIMEOUT, PublishException.Outcome.UNKNOWN, "no", null));
    for (int i = 0; i < 5; i++) {
      assertThat(handling.aroundPublish(message, m -> away)).isSameAs(away);
      publishing.aroundHandle(ORDER, FAIL);
    }
    assertThat(publishing.aroundHandle(ORDER, ACK)).isCompleted();
    handling.aroundHandle(ORDER, FAIL);
    handling.aroundHandle(ORDER, FAIL);
    assertThatThrownBy(() -> handling.aroundHandle(ORDER, ACK)).isInstanceOf(PauseException.class);
  }

  @Test
  void wrong_policies_are_refused() {
    CircuitPolicy good = CircuitPolicy.standard();
    assertThatThrownBy(() -> good.failurePercent(0)).hasMessageContaining("must be 1 to 100");
    assertThatThrownBy(() -> good.failurePercent(101)).hasMessageContaining("must be 1 to 100");
    assertThatThrownBy(() -> good.window(0, 1)).hasMessageContaining("must be at least 1");
    assertThatThrownBy(() -> good.window(5, 6)).hasMessageContaining("must be 1 to window, 5");
    assertThatThrownBy(() -> good.openFor(Duration.ofNanos(1)))
        .hasMessageContaining("must be at least 1 ms");
    assertThatThrownBy(() -> good.trialAtMost(Duration.ZERO))
        .hasMessageContaining("must be more than zero");
    assertThat(good)
        .isEqualTo(
            new CircuitPolicy(
                50, 100, 20, Duration.ofSeconds(30), Duration.ofMinutes(30), Set.of()));
    assertThat(good.failurePercent(7).window(9, 3).openFor(MOMENT).trialAtMost(OPEN_FOR))
        .isEqualTo(new CircuitPolicy(7, 9, 3, MOMENT, OPEN_FOR, Set.of()));
  }
}
