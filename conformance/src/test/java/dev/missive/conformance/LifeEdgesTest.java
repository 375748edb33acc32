package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Starts that were given up, stops without an end, and what has failed and is started again. */
final class LifeEdgesTest {
  private static final Duration EVER = ChronoUnit.FOREVER.getDuration();

  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void answer_that_comes_after_the_start_was_given_up_counts() {
    lab.broker.hang();
    Messaging messaging = lab.open("connect.fail-fast", "true", "connect.timeout", "200ms");
    assertThatThrownBy(messaging::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE));

    lab.broker.unhang();
    Eventually.await(
        "the late answer",
        () -> messaging.health().connection().state() == ConnectionState.CONNECTED);

    messaging.start();
    lab.open().topology().declare(TOPIC, GROUP);
    messaging.producer().publish(message("k", "v"));
    assertThat(lab.broker.waitingIds(TOPIC, GROUP)).hasSize(1);
  }

  @Test
  void stop_and_close_may_take_for_ever() throws Exception {
    Messaging messaging = lab.open();
    Consumer consumer = Lab.consume(messaging, message -> {});

    DrainReport report =
        CompletableFuture.supplyAsync(() -> consumer.stop(EVER)).get(15, TimeUnit.SECONDS);
    assertThat(report.abandoned()).isEmpty();
    CompletableFuture.runAsync(() -> messaging.close(EVER)).get(15, TimeUnit.SECONDS);
  }

  @Test
  void close_refuses_a_time_before_now_and_closes_nothing() {
    Messaging messaging = lab.open();

    assertThatThrownBy(() -> messaging.close(Duration.ofMillis(-1)))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID));
    messaging.topology().declare(TOPIC, GROUP);
  }

  @Test
  void whoever_waits_where_ready_completes_holds_up_nothing_but_other_stages() {
    lab.broker.down();
    Messaging messaging = lab.open();
    Consumer consumer = messaging.consumer(TOPIC).group(GROUP).handler(m -> {}).build();
    consumer.start();
    CompletableFuture<Void> inside = new CompletableFuture<>();
    CompletableFuture<Void> go = new CompletableFuture<>();
    consumer
        .ready()
        .thenRun(
            () -> {
              inside.complete(null);
              go.join();
            });
    lab.broker.up();
    try {
      Eventually.await("ready", inside::isDone);
      Recorder seen = new Recorder();
      messaging.consumer(TOPIC).group("second").handler(seen).build().start();
      messaging.producer().publish(message("k", "v"));

      assertThat(seen.await(1)).hasSize(1);
    } finally {
      go.complete(null);
    }
  }

  @Test
  void consumer_that_failed_while_it_ran_can_be_started_again() {
    Messaging messaging = lab.open();
    Recorder recorder = new Recorder();
    Consumer consumer = Lab.consume(messaging, recorder);
    lab.broker.forbidDeclares(true);
    lab.broker.down();
    lab.broker.deleteTopic(TOPIC);
    lab.broker.up();
    Eventually.await("it fails", () -> consumer.state() == ConsumerState.FAILED);

    lab.broker.forbidDeclares(false);
    Lab.started(consumer);
    messaging.producer().publish(message("k", "v"));

    assertThat(recorder.await(1)).hasSize(1);
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }
}
