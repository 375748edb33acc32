package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface HealthClauses extends Clauses {
  @Test
  @DisplayName("H01 every state of a connection and of a consumer is reached, with its reason")
  default void states() {
    Set<ConnectionState> links = EnumSet.noneOf(ConnectionState.class);
    Set<ConsumerState> states = EnumSet.noneOf(ConsumerState.class);
    lab().virtual();
    lab().broker.down();
    Messaging messaging = lab().open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Consumer consumer =
        messaging
            .consumer(TOPIC)
            .group(GROUP)
            .stallAfter(Duration.ofSeconds(30))
            .handler(blocking)
            .build();
    Runnable look =
        () -> {
          Health health = messaging.health();
          links.add(health.connection().state());
          assertThat(health.connection().reason()).isNotBlank();
          health
              .consumers()
              .forEach(
                  c -> {
                    states.add(c.state());
                    assertThat(c.reason()).isNotBlank();
                  });
        };
    look.run();
    consumer.start();
    look.run();
    lab().broker.up();
    lab().time.advance(Duration.ofMinutes(1));
    consumer.ready().toCompletableFuture().join();
    look.run();
    consumer.pause();
    look.run();
    consumer.resume();
    messaging.producer().publish(message("k", "v"));
    blocking.awaitEntered();
    lab().time.advance(Duration.ofSeconds(31));
    look.run();
    assertThat(messaging.health().consumers().get(0).stack()).isNotEmpty();
    lab().broker.block();
    lab().time.settle();
    look.run();
    lab().broker.unblock();
    lab().broker.down();
    lab().time.settle();
    look.run();
    lab().broker.up();
    lab().broker.refuseCredentials(true);
    lab().time.advance(Duration.ofMinutes(1));
    look.run();
    lab().broker.refuseCredentials(false);
    lab().time.advance(Duration.ofMinutes(2));
    Thread stopping = new Thread(() -> consumer.stop(Duration.ofMinutes(1)));
    stopping.start();
    Eventually.await("stopping", () -> consumer.state() == ConsumerState.STOPPING);
    look.run();
    blocking.release();
    Eventually.await("stopped", () -> consumer.state() == ConsumerState.STOPPED);
    look.run();
    lab().broker.forbidDeclares(true);
    Consumer forbidden = messaging.consumer("lab.other").group(GROUP).handler(m -> {}).build();
    assertThatThrownBy(forbidden::start).hasMessageContaining("MSG-TOPOLOGY-FORBIDDEN");
    look.run();
    new Thread(() -> messaging.close(Duration.ofSeconds(1))).start();
    Eventually.await(
        "closed",
        () -> {
          lab().time.advance(Duration.ofMillis(100));
          return messaging.health().connection().state() == ConnectionState.CLOSED;
        });
    look.run();

    assertThat(links).containsExactlyInAnyOrder(ConnectionState.values());
    assertThat(states).containsExactlyInAnyOrder(ConsumerState.values());
  }

  @Test
  @DisplayName("H02 waiting, in flight, lag and dead letters can be read per group")
  default void depth() {
    Messaging messaging = lab().open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    consumeWith(messaging, builder -> builder.maxInFlight(2).handler(blocking));
    for (int i = 0; i < 5; i++) {
      messaging.producer().publish(message("k", "v"));
    }
    blocking.awaitEntered();
    Topology.Depth depth = messaging.topology().depth(TOPIC, GROUP);
    assertThat(depth.waiting()).isEqualTo(3);
    assertThat(depth.inFlight()).isEqualTo(2);
    assertThat(depth.lag()).isEqualTo(5);
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isZero();
    blocking.release();
  }

  @Test
  @DisplayName(
      "G01 Z30 what exists differently is named by plan and start, and nothing changes; plan and apply are idempotent")
  default void mismatch() {
    Messaging messaging = lab().open();
    Topology.Plan plan = Topology.Plan.empty().group(TOPIC, GROUP);
    assertThat(messaging.topology().plan(plan))
        .extracting(Topology.Difference::kind)
        .containsOnly(Topology.Difference.Kind.MISSING);
    assertThat(lab().broker.hasTopic(TOPIC)).isFalse();
    messaging.topology().apply(plan);
    messaging.topology().apply(plan);
    assertThat(messaging.topology().plan(plan)).isEmpty();

    Topology.Plan other = Topology.Plan.empty().with(new Topology.Entry(TOPIC, GROUP, true, null));
    assertThat(messaging.topology().plan(other))
        .containsExactly(
            new Topology.Difference(
                "group billing of " + TOPIC,
                "keyOrder",
                "true",
                "false",
                Topology.Difference.Kind.DIFFERENT));
    Consumer consumer =
        messaging.consumer(TOPIC).group(GROUP).ordering(Ordering.KEY).handler(m -> {}).build();
    assertThatThrownBy(consumer::start)
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining("keyOrder")
        .hasMessageContaining("want true")
        .hasMessageContaining("have false");
    assertThat(consumer.state()).isEqualTo(ConsumerState.FAILED);
    assertThat(messaging.topology().plan(plan)).isEmpty();
  }

  @Test
  @DisplayName("G01 VERIFY creates nothing")
  default void verify_mode() {
    Messaging messaging = lab().open("topology.mode", "VERIFY");
    assertThatThrownBy(
            () -> messaging.consumer(TOPIC).group(GROUP).handler(m -> {}).build().start())
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH");
    assertThat(lab().broker.hasTopic(TOPIC)).isFalse();
  }
}
