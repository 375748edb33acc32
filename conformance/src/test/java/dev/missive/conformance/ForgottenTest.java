package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.Health;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A connection outlives any number of consumers and producers: it keeps only those at work. */
final class ForgottenTest {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  /** Made where no frame of the test keeps it. */
  private static <T> void awaitForgotten(Supplier<T> made) {
    WeakReference<T> one = new WeakReference<>(made.get());
    Eventually.await(
        "it is forgotten",
        () -> {
          System.gc();
          return one.get() == null;
        });
  }

  private static Consumer handlingOne(Messaging messaging) {
    // A handler may know its consumer.
    AtomicReference<Consumer> self = new AtomicReference<>();
    Recorder seen = new Recorder(m -> assertThat(self.get()).isNotNull());
    Consumer consumer = messaging.consumer(TOPIC).group(GROUP).handler(seen).build();
    self.set(consumer);
    Lab.started(consumer);
    messaging.producer().publish(message("k", "v"));
    seen.await(1);
    return consumer;
  }

  @Test
  void consumers_that_have_stopped_are_forgotten_and_their_numbers_stay() {
    Messaging messaging = lab.open();
    for (int life = 1; life <= 3; life++) {
      awaitForgotten(
          () -> {
            Consumer consumer = handlingOne(messaging);
            assertThat(consumer.stop(Duration.ofSeconds(10)).acked()).isEqualTo(1);
            return consumer;
          });
      assertThat(messaging.health().consumers()).isEmpty();
      assertThat(messaging.counters().subscriptions()).hasSize(1);
      assertThat(messaging.counters().of(TOPIC, GROUP).acked()).isEqualTo(life);
    }
    Consumer last = handlingOne(messaging);
    Eventually.await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 4);
    assertThat(last.state()).isEqualTo(ConsumerState.RUNNING);
    assertThat(messaging.close(Duration.ofSeconds(10)))
        .extracting(DrainReport::acked)
        .containsExactly(1L);
  }

  @Test
  void consumers_that_never_started_are_forgotten() {
    Messaging messaging = lab.open();
    awaitForgotten(() -> messaging.consumer(TOPIC).group(GROUP).handler(m -> {}).build());
    assertThat(messaging.health().consumers()).isEmpty();
  }

  @Test
  void consumers_that_failed_are_shown_until_they_are_stopped() {
    Messaging messaging = lab.open("topology.mode", "VERIFY");
    WeakReference<Consumer> failed = new WeakReference<>(failing(messaging));
    awaitForgotten(Object::new);
    assertThat(messaging.health().consumers())
        .extracting(Health.Consumer::state)
        .containsExactly(ConsumerState.FAILED);

    awaitForgotten(
        () -> {
          Consumer kept = Objects.requireNonNull(failed.get());
          kept.stop(Duration.ZERO);
          return kept;
        });
    assertThat(messaging.health().consumers()).isEmpty();
  }

  private static Consumer failing(Messaging messaging) {
    Consumer nowhere = messaging.consumer("nowhere").group(GROUP).handler(m -> {}).build();
    assertThatThrownBy(nowhere::start).hasMessageContaining("MSG-TOPOLOGY-MISMATCH");
    return nowhere;
  }

  @Test
  void consumers_at_work_are_kept_although_the_application_keeps_them_not() {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    WeakReference<Consumer> one = new WeakReference<>(consume(messaging, seen));
    awaitForgotten(Object::new);
    assertThat(one.get()).isNotNull();
    messaging.producer().publish(message("k", "v"));
    seen.await(1);

    List<DrainReport> reports = messaging.close(Duration.ofSeconds(10));

    assertThat(reports).extracting(DrainReport::acked).containsExactly(1L);
  }

  @Test
  void consumers_that_have_stopped_are_shown_and_can_start_while_the_application_keeps_them() {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    Consumer consumer = consume(messaging, seen);
    DrainReport report = consumer.stop(Duration.ofSeconds(10));
    assertThat(consumer.stop(Duration.ofSeconds(10))).isEqualTo(report);
    awaitForgotten(Object::new);
    assertThat(messaging.health().consumers().get(0).state()).isEqualTo(ConsumerState.STOPPED);

    Lab.started(consumer);
    messaging.producer().publish(message("k", "v"));
    seen.await(1);
  }

  @Test
  void two_consumers_of_a_group_are_counted_together() {
    Messaging messaging = lab.open();
    handlingOne(messaging).stop(Duration.ofSeconds(10));
    consume(messaging, m -> {});
    consume(messaging, m -> {});
    messaging.producer().publish(message("k", "v"));

    Eventually.await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 2);
    assertThat(messaging.counters().subscriptions()).hasSize(1);
  }

  @Test
  void producers_that_were_closed_are_forgotten() {
    Messaging messaging = lab.open();
    messaging.topology().declare(TOPIC, GROUP);
    awaitForgotten(
        () -> {
          Producer producer = messaging.producerBuilder().build();
          producer.publish(message("k", "v"));
          producer.close();
          // The next one tidies up.
          messaging.producerBuilder().build().close();
          return producer;
        });
  }
}
