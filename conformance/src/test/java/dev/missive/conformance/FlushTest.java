package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.NotRetryableException;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How publishes end: what flush waits for, and where and when stages complete. */
final class FlushTest {
  private static final int MANY = 20_000;

  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void flush_does_not_wait_for_the_dead_letters_of_others() throws Exception {
    Messaging messaging = lab.open();
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch fails = new CountDownLatch(1);
    Lab.consume(
        messaging,
        broken -> {
          running.countDown();
          fails.await();
          throw new NotRetryableException("broken");
        });
    messaging.producer().publish(message("k", "broken"));
    running.await();
    lab.broker.loseConfirms(1);
    fails.countDown();
    Eventually.await("the letter", () -> !lab.broker.deadLetterIds(TOPIC, GROUP).isEmpty());

    within(() -> messaging.producer().flush());
  }

  @Test
  void flush_waits_for_what_waits_behind_its_key() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declare(TOPIC, GROUP);
    Producer producer = messaging.producerBuilder().strictKeyOrder().build();
    lab.broker.withholdConfirms();
    Message first = message("k", "first");
    Message second = message("k", "second");
    producer.publishAsync(first);
    producer.publishAsync(second);
    Eventually.await("the first", () -> lab.broker.waitingIds(TOPIC, GROUP).size() == 1);

    CompletableFuture<Void> flushed = CompletableFuture.runAsync(producer::flush);
    lab.broker.releaseConfirms();
    flushed.get(15, TimeUnit.SECONDS);

    assertThat(lab.broker.waitingIds(TOPIC, GROUP)).containsExactly(first.id(), second.id());
  }

  @Test
  void what_waits_behind_a_key_ends_with_its_connection_however_much_it_is() {
    Messaging messaging = lab.open("producer.window", String.valueOf(2 * MANY));
    messaging.topology().declare(TOPIC, GROUP);
    Producer producer = messaging.producerBuilder().strictKeyOrder().build();
    lab.broker.withholdConfirms();
    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      receipts.add(producer.publishAsync(message("k", "v")).toCompletableFuture());
    }

    messaging.close(Duration.ZERO);

    Eventually.await("the end of all", () -> receipts.stream().allMatch(CompletableFuture::isDone));
  }

  @Test
  void stage_completes_although_the_executor_takes_nothing_more() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declare(TOPIC, GROUP);
    ExecutorService ended = Executors.newSingleThreadExecutor();
    ended.shutdownNow();
    Producer producer = messaging.producerBuilder().completeOn(ended).build();

    Receipt receipt =
        producer.publishAsync(message("k", "v")).toCompletableFuture().get(15, TimeUnit.SECONDS);

    assertThat(receipt.id()).isNotEmpty();
    within(producer::close);
  }

  @Test
  void waiting_on_a_thread_that_brings_answers_is_refused() throws Exception {
    assertRefused("publish()", producer -> producer.publish(message("k", "second")));
    assertRefused(
        "publishBatch()", producer -> producer.publishBatch(List.of(message("k", "second"))));
    assertRefused(
        "publishAtomically()",
        producer -> producer.publishAtomically(List.of(message("k", "second"))));
    assertRefused("flush()", Producer::flush);
  }

  @Test
  void publishing_where_answers_come_fails_at_once_when_the_window_is_full() throws Exception {
    Messaging messaging = lab.open("producer.window", "2");
    messaging.topology().declare(TOPIC, GROUP);
    Producer producer = messaging.producerBuilder().completeOn(Runnable::run).build();
    lab.broker.withholdConfirms();
    CompletableFuture<Throwable> last = new CompletableFuture<>();
    producer
        .publishAsync(message("k", "first"))
        .whenComplete(
            (receipt, error) -> {
              producer.publishAsync(message("k", "second"));
              producer.publishAsync(message("k", "third"));
              producer
                  .publishAsync(message("k", "one too many"))
                  .whenComplete((none, refused) -> last.complete(refused));
            });
    Eventually.await("the first", () -> lab.broker.waitingIds(TOPIC, GROUP).size() == 1);
    lab.broker.loseConfirms(3);

    lab.broker.releaseConfirms();

    assertThat(last.get(15, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            PublishException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(ErrorCode.BACKPRESSURE);
              assertThat(refused.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            })
        .hasMessageContaining("the publish window is full");
  }

  @Test
  void closing_where_a_publish_completes_does_not_wait_for_the_others() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declare(TOPIC, GROUP);
    Producer producer = messaging.producerBuilder().build();
    lab.broker.withholdConfirms();
    CompletableFuture<Void> closed =
        producer
            .publishAsync(message("k", "first"))
            .thenRun(
                () -> {
                  producer.publishAsync(message("k", "never confirmed"));
                  producer.close();
                })
            .toCompletableFuture();
    Eventually.await("the first", () -> lab.broker.waitingIds(TOPIC, GROUP).size() == 1);
    lab.broker.loseConfirms(1);

    lab.broker.releaseConfirms();

    closed.get(15, TimeUnit.SECONDS);
  }

  private void assertRefused(String name, Consumer<Producer> call) throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declare(TOPIC, GROUP);
    Producer producer = messaging.producerBuilder().completeOn(Runnable::run).build();
    lab.broker.withholdConfirms();
    CompletableFuture<PublishException> refusal = new CompletableFuture<>();
    producer
        .publishAsync(message("k", "first"))
        .whenComplete(
            (receipt, error) -> {
              try {
                call.accept(producer);
                refusal.complete(null);
              } catch (PublishException e) {
                refusal.complete(e);
              }
            });

    lab.broker.releaseConfirms();

    PublishException refused = refusal.get(15, TimeUnit.SECONDS);
    assertThat(refused.code()).isEqualTo(ErrorCode.BACKPRESSURE);
    assertThat(refused.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
    assertThat(refused).hasMessageContaining(name).hasMessageContaining("publishAsync()");
  }

  /** Something that may not hang. */
  private static void within(Runnable call) throws Exception {
    CompletableFuture.runAsync(call).get(15, TimeUnit.SECONDS);
  }
}
