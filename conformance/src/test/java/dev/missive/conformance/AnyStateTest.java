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
import dev.missive.Receipt;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Starting, stopping and closing end from every state of a consumer (semantics S25). */
final class AnyStateTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Lab lab = new Lab();
  private final Messaging messaging = lab.open();
  private final FakeHandler.Blocking blocking = FakeHandler.blocking();
  private final Consumer consumer =
      messaging
          .consumer(TOPIC)
          .group(GROUP)
          .stallAfter(Duration.ofMillis(50))
          .handler(blocking)
          .build();

  @AfterEach
  void close() {
    lab.close();
  }

  @ParameterizedTest
  @EnumSource
  void stop_ends_and_start_begins_anew(ConsumerState state) throws Exception {
    reach(state);

    within(
        () -> {
          consumer.pause();
          consumer.resume();
          consumer.concurrency(2);
        });
    DrainReport report =
        CompletableFuture.supplyAsync(() -> consumer.stop(Duration.ZERO)).get(15, TimeUnit.SECONDS);

    assertThat(report.complete()).as(report.toString()).isTrue();
    assertThat(consumer.state())
        .isEqualTo(state == ConsumerState.NEW ? ConsumerState.NEW : ConsumerState.STOPPED);
    blocking.release();
    lab.broker.up();
    lab.broker.forbidDeclares(false);
    Lab.started(consumer);
    messaging.producer().publish(message("k", "again"));
    Eventually.await("it is handled", () -> lab.broker.waitingIds(TOPIC, GROUP).isEmpty());
    assertThat(consumer.stop(Duration.ofSeconds(10)).complete()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void start_begins_or_goes_on_except_while_it_stops(ConsumerState state) throws Exception {
    reach(state);
    lab.broker.forbidDeclares(false);

    if (state == ConsumerState.STOPPING) {
      assertThatThrownBy(consumer::start)
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
          .hasMessageContaining("is stopping");
      assertThat(consumer.state()).isEqualTo(ConsumerState.STOPPING);
      return;
    }
    within(consumer::start);

    lab.broker.up();
    blocking.release();
    if (state == ConsumerState.PAUSED) {
      assertThat(consumer.state()).isEqualTo(ConsumerState.PAUSED);
      consumer.resume();
    }
    consumer.ready().toCompletableFuture().get(15, TimeUnit.SECONDS);
    messaging.producer().publish(message("k", "more"));
    Eventually.await("it is handled", () -> lab.broker.waitingIds(TOPIC, GROUP).isEmpty());
    Eventually.await("it runs", () -> consumer.state() == ConsumerState.RUNNING);
  }

  @ParameterizedTest
  @EnumSource(names = {"BLOCKED", "RECONNECTING", "AUTH_FAILED"})
  void close_ends_whatever_the_connection_waits_for(ConnectionState state) throws Exception {
    Lab.started(consumer);
    switch (state) {
      case BLOCKED -> lab.broker.block();
      case RECONNECTING -> lab.broker.down();
      default -> {
        lab.broker.refuseCredentials(true);
        lab.broker.drop();
      }
    }
    Eventually.await(state.name(), () -> messaging.health().connection().state() == state);
    CompletableFuture<Receipt> waiting =
        messaging.producer().publishAsync(message("k", "v")).toCompletableFuture();

    within(() -> messaging.close(Duration.ZERO));

    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CLOSED);
    assertThat(consumer.state()).isEqualTo(ConsumerState.STOPPED);
    Eventually.await("the publish ends", waiting::isDone);
  }

  @ParameterizedTest
  @EnumSource
  void close_ends_and_nothing_starts_any_more(ConsumerState state) throws Exception {
    reach(state);

    within(() -> messaging.close(Duration.ZERO));

    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CLOSED);
    assertThatThrownBy(consumer::start)
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CLOSED));
    within(() -> consumer.stop(Duration.ZERO));
    within(messaging::close);
    if (state != ConsumerState.NEW) {
      Eventually.await("ready() ends", () -> consumer.ready().toCompletableFuture().isDone());
    }
  }

  private void reach(ConsumerState state) {
    switch (state) {
      case NEW -> {}
      case STARTING -> {
        lab.broker.down();
        consumer.start();
      }
      case FAILED -> {
        lab.broker.forbidDeclares(true);
        assertThatThrownBy(consumer::start).isInstanceOf(MessagingException.class);
      }
      case RUNNING -> Lab.started(consumer);
      case PAUSED -> Lab.started(consumer).pause();
      case STALLED -> {
        running();
        messaging.producer().publish(message("k", "waits"));
      }
      case STOPPING -> {
        running();
        new Thread(() -> consumer.stop(LONG), "stopping").start();
      }
      case STOPPED -> Lab.started(consumer).stop(Duration.ofSeconds(10));
    }
    Eventually.await(state.name(), () -> consumer.state() == state);
  }

  private void running() {
    Lab.started(consumer);
    messaging.producer().publish(message("k", "v"));
    blocking.awaitEntered();
  }

  /** Something that may not hang. */
  private static void within(Runnable call) throws Exception {
    CompletableFuture.runAsync(call).get(15, TimeUnit.SECONDS);
  }
}
