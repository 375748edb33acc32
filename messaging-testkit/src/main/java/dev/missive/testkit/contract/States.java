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
    expect(ConnectionState.NEW, "nothing has asked for the broker");
    expect(ConsumerState.NEW, "not started");
    Optional<Control.Power> power = lab.part(Control.Power.class);
    starting(power);
    running();
    alarm();
    power.ifPresentOrElse(
        control -> {
          String before = messaging.health().connection().reason();
          control.down();
          String lost = expect(ConnectionState.RECONNECTING);
          assertThat(lost).as("the reason of RECONNECTING").isNotEqualTo(before);
          control.up();
          assertThat(expect(ConnectionState.CONNECTED))
              .as("the reason of CONNECTED")
              .isNotEqualTo(lost);
        },
        () -> unreached.add(ConnectionState.RECONNECTING));
    credentials();
    stopping();
    failed();
    Lab.background(() -> messaging.close(Duration.ofSeconds(1)));
    expect(ConnectionState.CLOSED, "closed");

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
    String before = messaging.health().connection().reason();
    power.ifPresent(Control.Power::down);
    lab.run("starting", consumer::start);
    if (power.isPresent()) {
      before = expect(ConnectionState.CONNECTING, "failed: ");
      expect(ConsumerState.STARTING, "waiting for the ");
      power.get().up();
    } else {
      unreached.add(ConnectionState.CONNECTING);
    }
    lab.await(
        "consuming begins",
        lab.broker().readyTimeout().plusSeconds(35),
        () -> consumer.ready().toCompletableFuture().isDone());
    lab.join(consumer.ready());
    // Its words are the runtime's or, if the link was lost once more meanwhile, the adapter's.
    assertThat(expect(ConnectionState.CONNECTED))
        .as("the reason of CONNECTED")
        .isNotEqualTo(before);
    expect(ConsumerState.RUNNING, "running");
  }

  private void running() {
    consumer.pause();
    expect(ConsumerState.PAUSED, "paused by the application");
    consumer.resume();
    messaging.producer().publish(lab.message("v"));
    blocking.awaitEntered();
    messaging.producer().publish(lab.message("waits"));
    expect(ConsumerState.STALLED, "no handler of " + lab.topic() + " of group " + lab.group());
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
    expect(ConsumerState.STOPPING, "draining");
    blocking.release();
    expect(ConsumerState.STOPPED, "stopped");
  }

  private void failed() {
    Messaging strict = lab.open("topology.mode", "VERIFY");
    Consumer nowhere =
        strict.consumer(lab.topic("nowhere")).group(lab.group()).handler(m -> {}).build();
    assertThatThrownBy(() -> lab.run("starting", nowhere::start))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH");
    states.add(strict.health().consumers().get(0).state());
    assertThat(strict.health().consumers().get(0).reason())
        .as("the reason of FAILED")
        .contains("MSG-TOPOLOGY-MISMATCH");
  }

  private String expect(ConnectionState state) {
    return expect(state, lab.broker().reason(state));
  }

  /** Waits until the connection is so, and says why; gives what it said. */
  private String expect(ConnectionState state, String part) {
    String[] reason = {""};
    lab.await(
        "the connection is " + state + " because \"" + part + "\"",
        lab.broker().readyTimeout().plusSeconds(35),
        () -> {
          Health.Connection now = messaging.health().connection();
          reason[0] = now.reason();
          return now.state() == state && gives(now.reason(), part);
        });
    links.add(state);
    return reason[0];
  }

  private void expect(ConsumerState state, String part) {
    lab.await(
        "the consumer is " + state + " because \"" + part + "\"",
        () ->
            messaging.health().consumers().stream()
                .anyMatch(now -> now.state() == state && gives(now.reason(), part)));
    states.add(state);
  }

  private static boolean gives(String reason, String part) {
    return !reason.isBlank() && reason.contains(part);
  }
}
