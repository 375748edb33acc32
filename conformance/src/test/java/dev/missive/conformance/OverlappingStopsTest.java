package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whoever stops or closes while somebody else does waits no longer than its own timeout. */
final class OverlappingStopsTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofSeconds(1);

  /** The timeout, the second that an end may take beyond it, and the steps of the clock. */
  private static final Duration LATEST = Duration.ofSeconds(3);

  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);
  private final Messaging messaging = lab.open();
  private final FakeHandler.Blocking blocking = FakeHandler.blocking();

  @AfterEach
  void close() {
    lab.close();
  }

  private Consumer stoppingForLong(CompletableFuture<DrainReport> report) {
    Consumer consumer = consume(messaging, blocking);
    messaging.producer().publish(message("k", "v"));
    blocking.awaitEntered();
    new Thread(() -> report.complete(consumer.stop(LONG)), "stopping").start();
    Eventually.await("it stops", () -> consumer.state() == ConsumerState.STOPPING);
    return consumer;
  }

  @Test
  void the_earlier_end_of_two_stops_counts() {
    CompletableFuture<DrainReport> first = new CompletableFuture<>();
    Consumer consumer = stoppingForLong(first);

    assertThat(lab.timed("stopping", () -> consumer.stop(SHORT))).isLessThan(LATEST);

    assertThat(first.join().returned()).isEqualTo(1);
    assertThat(blocking.interrupted()).isTrue();
    assertThat(lab.broker.waitingIds(TOPIC, GROUP)).hasSize(1);
  }

  @Test
  void a_later_stop_does_not_lengthen_an_earlier_one() {
    CompletableFuture<DrainReport> first = new CompletableFuture<>();
    Consumer consumer = consume(messaging, blocking);
    messaging.producer().publish(message("k", "v"));
    blocking.awaitEntered();
    new Thread(() -> first.complete(consumer.stop(SHORT)), "stopping").start();
    Eventually.await("it stops", () -> consumer.state() == ConsumerState.STOPPING);

    assertThat(lab.timed("stopping", () -> consumer.stop(LONG))).isLessThan(LATEST);
    assertThat(first.join().returned()).isEqualTo(1);
  }

  @Test
  void closing_does_not_wait_for_a_stop_that_has_more_time() {
    CompletableFuture<DrainReport> first = new CompletableFuture<>();
    stoppingForLong(first);

    assertThat(lab.timed("closing", () -> messaging.close(SHORT))).isLessThan(LATEST);
    assertThat(first.join().returned()).isEqualTo(1);
  }

  @Test
  void the_earlier_end_of_two_closes_counts_for_publishes_too() {
    messaging.topology().declare(TOPIC, GROUP);
    Messaging patient = lab.open("producer.deadline", "1h");
    lab.broker.withholdConfirms();
    CompletableFuture<?> stuck =
        patient.producer().publishAsync(message("k", "v")).toCompletableFuture();
    CompletableFuture<List<DrainReport>> first = new CompletableFuture<>();
    new Thread(() -> first.complete(patient.close(LONG)), "closing").start();
    Eventually.await("it closes", () -> refuses(patient));

    assertThat(lab.timed("closing", () -> patient.close(SHORT))).isLessThan(LATEST);

    Eventually.await("the first close ends", first::isDone);
    Eventually.await("the publish ends", stuck::isDone);
    assertThat(stuck).isCompletedExceptionally();
  }

  private static boolean refuses(Messaging closing) {
    try {
      closing.producerBuilder().build();
      return false;
    } catch (MessagingException e) {
      return true;
    }
  }
}
