package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Whoever stops or closes from inside, on a thread that the end itself waits for, is not waited
 * for. The clock stands still: nothing ends here because its time is over.
 */
final class ClosingInsideTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);

  @AfterEach
  void close() {
    lab.close();
  }

  private static boolean closed(Messaging messaging) {
    return messaging.health().connection().state() == ConnectionState.CLOSED;
  }

  @Test
  void a_handler_that_closes_its_connection_settles_and_everything_ends() {
    Messaging messaging = lab.open();
    CompletableFuture<List<DrainReport>> inside = new CompletableFuture<>();
    consume(messaging, m -> inside.complete(messaging.close(LONG)));
    Instant began = lab.time.now();
    messaging.producer().publish(message("k", "v"));

    Eventually.await("closed", () -> closed(messaging));

    DrainReport soFar = inside.join().get(0);
    assertThat(soFar.received()).isEqualTo(1);
    assertThat(soFar.acked()).as("acked while the handler still ran").isZero();
    DrainReport end = messaging.close(LONG).get(0);
    assertThat(end.acked()).isEqualTo(1);
    assertThat(end.complete()).as(end.toString()).isTrue();
    assertThat(lab.time.now()).isEqualTo(began);
    assertThat(lab.broker.inFlight(TOPIC, GROUP)).isZero();
    assertThat(lab.broker.waitingIds(TOPIC, GROUP)).isEmpty();
  }

  @Test
  void handlers_that_close_at_the_same_time_do_not_wait_for_each_other() {
    Messaging messaging = lab.open();
    CyclicBarrier both = new CyclicBarrier(2);
    consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(2)
                .handler(
                    m -> {
                      both.await();
                      messaging.close(LONG);
                    }));
    messaging.producer().publish(message("a", "v"));
    messaging.producer().publish(message("b", "v"));

    Eventually.await("closed", () -> closed(messaging));

    assertThat(messaging.close(LONG).get(0).acked()).isEqualTo(2);
  }

  @Test
  void a_handler_that_closes_while_others_do_lets_them_end() {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    consume(
        messaging,
        m -> {
          blocking.handle(m);
          messaging.close(LONG);
        });
    messaging.producer().publish(message("k", "v"));
    blocking.awaitEntered();
    CompletableFuture<List<DrainReport>> outside =
        CompletableFuture.supplyAsync(() -> messaging.close(LONG));
    Eventually.await(
        "it closes", () -> messaging.health().consumers().get(0).state() == ConsumerState.STOPPING);

    blocking.release();

    Eventually.await("closed", outside::isDone);
    assertThat(outside.join().get(0).acked()).isEqualTo(1);
  }

  @Test
  void closing_where_ready_completes_does_not_wait_for_the_thread_it_holds() {
    lab.broker.down();
    Messaging messaging = lab.open();
    Consumer consumer = messaging.consumer(TOPIC).group(GROUP).handler(m -> {}).build();
    lab.run("starting", consumer::start);
    CompletableFuture<String> thread = new CompletableFuture<>();
    consumer
        .ready()
        .thenRun(
            () -> {
              messaging.close(LONG);
              thread.complete(Thread.currentThread().getName());
            });

    lab.broker.up();
    lab.await("it is ready", thread::isDone);

    assertThat(thread.join()).startsWith("missive-memory-");
    Eventually.await("closed", () -> closed(messaging));
  }

  @Test
  void stopping_where_a_publish_completes_does_not_wait_for_handlers() {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Consumer consumer = consume(messaging, blocking);
    messaging.producer().publish(message("k", "v"));
    blocking.awaitEntered();
    lab.broker.withholdConfirms();
    CompletableFuture<DrainReport> soFar =
        messaging
            .producer()
            .publishAsync(message("k", "w"))
            .thenApply(receipt -> consumer.stop(LONG))
            .toCompletableFuture();

    lab.broker.releaseConfirms();
    Eventually.await("stop returns", soFar::isDone);

    assertThat(soFar.join().acked()).isZero();
    assertThat(consumer.state()).isEqualTo(ConsumerState.STOPPING);
    blocking.release();
    Eventually.await("stopped", () -> consumer.state() == ConsumerState.STOPPED);
    assertThat(messaging.counters().of(TOPIC, GROUP).acked()).isEqualTo(1);
  }
}
