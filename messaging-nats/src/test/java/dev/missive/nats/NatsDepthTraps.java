package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Messaging;
import dev.missive.RetryPolicy;
import dev.missive.Topology;
import dev.missive.testkit.Eventually;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What waits, what is held, and what will soon come late or not at all. */
interface NatsDepthTraps extends NatsTrap {
  @Test
  default void depth_counts_what_waits_and_what_is_held() throws Exception {
    Messaging messaging = lab().open();
    messaging.topology().declare(lab().topic, NatsLab.GROUP);
    for (int i = 0; i < 5; i++) {
      messaging.producer().publish(lab().message("x"));
    }
    Topology.Depth before = messaging.topology().depth(lab().topic, NatsLab.GROUP);
    CountDownLatch release = new CountDownLatch(1);
    Consumer consumer =
        messaging
            .consumer(lab().topic)
            .group(NatsLab.GROUP)
            .maxInFlight(2)
            .handler(message -> release.await())
            .build();
    NatsLab.start(consumer);

    assertThat(before.waiting()).isEqualTo(5);
    assertThat(before.inFlight()).isZero();
    assertThat(before.lag()).isEqualTo(5);
    Eventually.await(
        "two are held",
        () -> {
          Topology.Depth held = messaging.topology().depth(lab().topic, NatsLab.GROUP);
          return held.inFlight() == 2 && held.waiting() == 3;
        });
    release.countDown();
    Eventually.await(
        "none is left", () -> messaging.topology().depth(lab().topic, NatsLab.GROUP).lag() == 0L);
  }

  /** At the limit the server holds back what comes later, without a word. */
  @Test
  default void depth_warns_before_retries_come_late() {
    Messaging messaging = lab().open("nats.max-ack-pending", "5");
    NatsLab.start(
        messaging
            .consumer(lab().topic)
            .group(NatsLab.GROUP)
            .retry(RetryPolicy.exponential(Duration.ofMinutes(1), Duration.ofMinutes(1)))
            .handler(
                message -> {
                  throw new IllegalStateException("fails");
                })
            .build());
    assertThat(warnings(messaging)).isEmpty();

    for (int i = 0; i < 4; i++) {
      messaging.producer().publish(lab().message("x"));
    }

    Eventually.await(
        "a warning", () -> warnings(messaging).contains("on stream missive-direct, at 5"));
  }

  @Test
  default void depth_warns_before_messages_that_wait_are_dropped() {
    Messaging messaging = lab().open("nats.max-age", "20s");
    messaging.topology().declare(lab().topic, NatsLab.GROUP);
    messaging.producer().publish(lab().message("x"));
    assertThat(warnings(messaging)).isEmpty();

    Eventually.await(
        "a warning",
        Duration.ofSeconds(60),
        () -> warnings(messaging).contains("it is dropped at PT20S"));
  }

  private String warnings(Messaging messaging) {
    return String.join("\n", messaging.topology().depth(lab().topic, NatsLab.GROUP).warnings());
  }
}
