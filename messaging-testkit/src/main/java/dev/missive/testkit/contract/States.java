package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Health;
import dev.missive.Messaging;
import dev.missive.testkit.FakeHandler;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Clause H01: one life of a connection and a consumer, through all states that can be caused. */
final class States {
  private final Set<ConnectionState> links = EnumSet.noneOf(ConnectionState.class);
  private final Set<ConsumerState> states = EnumSet.noneOf(ConsumerState.class);
  private final Set<ConnectionState> unreached = EnumSet.noneOf(ConnectionState.class);
  private final FakeHandler.Blocking blocking = FakeHandler.blocking();
  private final Lab lab;
  private final Messaging messaging;
  private final Consumer consumer;

  States(Lab lab) {
    this.lab = lab;
    this.messaging = lab.open("connect.timeout", "2s");
    this.consumer =
        messaging
            .consumer(lab.topic())
            .group(lab.group())
            .stallAfter(Duration.ofSeconds(2))
            .handler(blocking)
            .build();
  }

  void run() {
    expect(ConnectionState.NEW);
    expect(ConsumerState.NEW);
    Optional<Control.Power> power = lab.part(Control.Power.class);
    starting(power);
    running();
    alarm();
    power.ifPresentOrElse(
        control -> {
          control.down();
          expect(ConnectionState.RECONNECTING);
          control.up();
          expect(ConnectionState.CONNECTED);
        },
        () -> unreached.add(ConnectionState.RECONNECTING));
    credentials();
    stopping();
    failed();
    Lab.background(() -> messaging.close(Duration.ofSeconds(1)));
    expect(ConnectionState.CLOSED);

    Set<ConnectionState> wanted = EnumSet.allOf(ConnectionState.class);
    wanted.removeAll(unreached);
    assertThat(links).containsAll(wanted);
    Set<ConsumerState> all = EnumSet.allOf(ConsumerState.class);
    if (power.isEmpty()) {
      all.remove(ConsumerState.STARTING);
    }
    assertThat(states).containsAll(all);
    // Every broker can be away. Not every one has an alarm, or users: its author has to say so.
    lab.control(Control.Power.class);
    needsReason(Control.Alarm.class);
    needsReason(Control.Credentials.class);
  }

  private void needsReason(Class<? extends Control> type) {
    if (lab.broker().whyWithout(type).isEmpty()) {
      lab.control(type);
    }
  }

  private void starting(Optional<Control.Power> power) {
    power.ifPresent(Control.Power::down);
    lab.run("starting", consumer::start);
    if (power.isPresent()) {
      expect(ConnectionState.CONNECTING);
      expect(ConsumerState.STARTING);
      power.get().up();
    } else {
      unreached.add(ConnectionState.CONNECTING);
    }
    lab.await(
        "consuming begins",
        lab.broker().readyTimeout().plusSeconds(35),
        () -> consumer.ready().toCompletableFuture().isDone());
    lab.join(consumer.ready());
    expect(ConnectionState.CONNECTED);
    expect(ConsumerState.RUNNING);
  }

  private void running() {
    consumer.pause();
    expect(ConsumerState.PAUSED);
    consumer.resume();
    messaging.producer().publish(lab.message("v"));
    blocking.awaitEntered();
    messaging.producer().publish(lab.message("waits"));
    expect(ConsumerState.STALLED);
    assertThat(messaging.health().consumers().get(0).stack()).isNotEmpty();
  }

  private void alarm() {
    Optional<Control.Alarm> alarm = lab.part(Control.Alarm.class);
    if (alarm.isEmpty()) {
      unreached.add(ConnectionState.BLOCKED);
      return;
    }
    alarm.get().block();
    // Some brokers tell only those who publish.
    messaging.producer().publishAsync(lab.message("blocked"));
    expect(ConnectionState.BLOCKED);
    alarm.get().unblock();
    expect(ConnectionState.CONNECTED);
  }

  private void credentials() {
    Optional<Control.Credentials> credentials = lab.part(Control.Credentials.class);
    if (credentials.isEmpty()) {
      unreached.add(ConnectionState.AUTH_FAILED);
      return;
    }
    credentials.get().refuse();
    expect(ConnectionState.AUTH_FAILED);
    credentials.get().accept();
    lab.await(
        "connected again",
        Duration.ofSeconds(90),
        () -> messaging.health().connection().state() == ConnectionState.CONNECTED);
  }

  private void stopping() {
    Lab.background(() -> consumer.stop(Duration.ofMinutes(1)));
    expect(ConsumerState.STOPPING);
    blocking.release();
    expect(ConsumerState.STOPPED);
  }

  private void failed() {
    Messaging strict = lab.open("topology.mode", "VERIFY");
    Consumer nowhere =
        strict.consumer(lab.topic("nowhere")).group(lab.group()).handler(m -> {}).build();
    assertThatThrownBy(() -> lab.run("starting", nowhere::start))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH");
    states.add(strict.health().consumers().get(0).state());
    assertThat(strict.health().consumers().get(0).reason()).isNotBlank();
  }

  private void expect(ConnectionState state) {
    lab.await(
        "the connection is " + state,
        lab.broker().readyTimeout().plusSeconds(35),
        () -> {
          Health.Connection now = messaging.health().connection();
          return now.state() == state && !now.reason().isBlank();
        });
    links.add(state);
  }

  private void expect(ConsumerState state) {
    lab.await(
        "the consumer is " + state,
        () ->
            messaging.health().consumers().stream()
                .anyMatch(now -> now.state() == state && !now.reason().isBlank()));
    states.add(state);
  }
}
