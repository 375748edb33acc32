package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.ErrorCode;
import dev.missive.Health;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Ordering;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What goes wrong after start() has returned is told by ready() and health (semantics S24, S33).
 */
final class LateFailuresTest {
  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);

  @AfterEach
  void close() {
    lab.close();
  }

  private static Health.Consumer health(Messaging messaging) {
    return messaging.health().consumers().get(0);
  }

  /** Starts while the broker is away, and lets it come. */
  private void failsLate(
      Messaging messaging, UnaryOperator<Consumer.Builder> options, ErrorCode code, String reason) {
    Consumer consumer =
        options.apply(messaging.consumer(TOPIC).group(GROUP).handler(m -> {})).build();
    lab.run("starting", consumer::start);
    CompletableFuture<Void> ready = consumer.ready().toCompletableFuture();
    assertThat(ready).isNotDone();
    assertThat(consumer.state()).isEqualTo(ConsumerState.STARTING);

    lab.broker.up();
    lab.await("ready() fails", ready::isDone);

    assertThatThrownBy(ready::join)
        .cause()
        .isInstanceOfSatisfying(MessagingException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(reason);
    assertThat(health(messaging).state()).isEqualTo(ConsumerState.FAILED);
    assertThat(health(messaging).reason()).contains(code.toString(), reason);
    assertThat(messaging.health().up()).isFalse();
    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CONNECTED);
  }

  @Test
  void a_capability_that_is_missing_when_the_broker_comes_fails_the_consumer() {
    lab.broker.down();

    failsLate(
        lab.open("memory.without", "DEDUP"),
        builder -> builder.require(Capability.DEDUP),
        ErrorCode.CAPABILITY_MISSING,
        "DEDUP");
  }

  @Test
  void a_mismatch_that_is_found_when_the_broker_comes_fails_the_consumer() {
    lab.open().topology().declare(TOPIC, GROUP);
    lab.broker.down();

    failsLate(
        lab.open(),
        builder -> builder.ordering(Ordering.KEY),
        ErrorCode.TOPOLOGY_MISMATCH,
        "keyOrder");
  }

  @Test
  void attempts_that_are_used_up_fail_the_consumer_with_the_reason() {
    lab.broker.down();
    Messaging messaging = lab.open("connect.attempts", "3", "connect.retry-delay", "2s");
    Consumer consumer = messaging.consumer(TOPIC).group(GROUP).handler(m -> {}).build();
    lab.run("starting", consumer::start);

    lab.await("it gives up", () -> consumer.state() == ConsumerState.FAILED);

    assertThat(health(messaging).reason())
        .contains("MSG-BROKER-UNREACHABLE", "gave up after 3 attempts");
    assertThat(messaging.health().connection().reason()).contains("gave up after 3 attempts");
  }

  @Test
  void copies_that_wait_for_a_blocked_broker_stall_the_consumer_until_it_takes_messages() {
    Messaging messaging = lab.open();
    FakeHandler.Blocking gate = FakeHandler.blocking();
    Recorder seen =
        new Recorder(
            m -> {
              gate.handle(m);
              FakeHandler.failing(1).handle(m);
            });
    consume(messaging, seen);
    messaging.producer().publish(message("k", "v"));
    gate.awaitEntered();
    lab.broker.block();
    lab.await(
        "the alarm", () -> messaging.health().connection().state() == ConnectionState.BLOCKED);
    assertThat(health(messaging).state()).isEqualTo(ConsumerState.RUNNING);

    gate.release();
    lab.await("it stalls", () -> health(messaging).state() == ConsumerState.STALLED);

    assertThat(health(messaging).reason())
        .startsWith("BLOCKED: the broker takes no messages")
        .contains(TOPIC + " of group " + GROUP);
    assertThat(messaging.health().up()).isFalse();
    lab.broker.unblock();
    lab.await("the retry", () -> messaging.counters().of(TOPIC, GROUP).acked() == 1);
    assertThat(health(messaging).state()).isEqualTo(ConsumerState.RUNNING);
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsExactly(1, 2);
  }
}
