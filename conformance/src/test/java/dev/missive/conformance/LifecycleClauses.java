package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface LifecycleClauses extends Clauses {
  @Test
  @DisplayName("C01 open, producer and build do no I/O")
  default void no_io() {
    Messaging messaging = lab().open();
    messaging.producer();
    messaging.consumer(TOPIC).group(GROUP).handler(m -> {}).build();
    messaging.requester();
    assertThat(lab().broker.connections()).isZero();
    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.NEW);
  }

  @Test
  @DisplayName(
      "C02 start with the broker down returns and consuming begins when it appears; fail-fast fails")
  default void broker_down() {
    lab().virtual();
    lab().broker.down();
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    Consumer consumer = messaging.consumer(TOPIC).group(GROUP).handler(seen).build();
    consumer.start();
    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CONNECTING);
    assertThat(consumer.state()).isEqualTo(ConsumerState.STARTING);
    assertThat(consumer.ready().toCompletableFuture()).isNotDone();
    Messaging hasty = lab().open("connect.fail-fast", "true");
    assertThatThrownBy(() -> hasty.consumer(TOPIC).group(GROUP).handler(seen).build().start())
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE);
              assertThat(e.getCause()).isNotNull();
            });

    lab().broker.up();
    lab().time.advance(Duration.ofMinutes(1));
    consumer.ready().toCompletableFuture().join();
    messaging.producer().publish(message("k", "v"));
    seen.await(1);
  }

  @Test
  @DisplayName(
      "C03 C04 pause lets no run start and loses nothing; resume goes on; both are idempotent and survive a reconnect")
  default void pause() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    Consumer consumer = consume(messaging, seen);
    messaging.producer().publish(message("k", "before"));
    seen.await(1);
    consumer.pause();
    consumer.pause();
    assertThat(consumer.state()).isEqualTo(ConsumerState.PAUSED);
    lab().broker.drop();
    Eventually.await("connected again", () -> lab().broker.connections() == 1);
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(message("k", "paused" + i));
    }
    assertThat(seen.runs()).hasSize(1);

    consumer.resume();
    consumer.resume();

    seen.await(11);
    assertThat(seen.runs()).hasSize(11);
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }

  @Test
  @DisplayName(
      "C05 C06 stop lets handlers finish; past its timeout it interrupts, returns the rest and counts no attempt")
  default void stop() {
    Messaging messaging = lab().open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Consumer consumer = consumeWith(messaging, builder -> builder.concurrency(2).handler(blocking));
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(message("k" + i, "v"));
    }
    blocking.awaitEntered();
    long began = System.nanoTime();
    DrainReport report = consumer.stop(Duration.ofMillis(100));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(1100));
    assertThat(report.complete()).isTrue();
    assertThat(report.returned()).isEqualTo(10);
    assertThat(report.deadLettered()).isZero();
    Recorder seen = new Recorder();
    consume(messaging, seen);
    assertThat(seen.await(10)).extracting(Recorder.Run::attempt).containsOnly(1);
  }

  @Test
  @DisplayName("C06 a handler that ignores its interrupt is named in the report with its stack")
  default void abandoned() {
    Messaging messaging = lab().open();
    AtomicBoolean go = new AtomicBoolean();
    CountDownLatch in = new CountDownLatch(1);
    Consumer consumer =
        consume(
            messaging,
            m -> {
              in.countDown();
              while (!go.get()) {
                Thread.onSpinWait();
              }
            });
    Receipt receipt = messaging.producer().publish(message("k", "v"));
    Eventually.await("inside", () -> in.getCount() == 0);
    DrainReport report = consumer.stop(Duration.ofMillis(20));
    go.set(true);
    assertThat(report.abandoned()).hasSize(1);
    assertThat(report.abandoned().get(0).messageId()).isEqualTo(receipt.id());
    assertThat(report.abandoned().get(0).stack()).isNotEmpty();
    assertThat(report.complete()).isTrue();
    Eventually.await(
        "it is back at the broker",
        () -> lab().broker.waitingIds(TOPIC, GROUP).equals(List.of(receipt.id())));
  }

  @Test
  @DisplayName("C07 after stop another member gets the rest at once")
  default void others_get_the_rest() {
    Messaging one = lab().open();
    Messaging two = lab().open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Consumer first = consume(one, blocking);
    for (int i = 0; i < 20; i++) {
      one.producer().publish(message("k" + i, "m" + i));
    }
    blocking.awaitEntered();
    Recorder seen = new Recorder();
    consume(two, seen);
    assertThat(seen.runs()).isEmpty();

    first.stop(Duration.ofMillis(10));

    seen.await(20);
    assertThat(seen.runs()).hasSize(20);
  }

  @Test
  @DisplayName(
      "C08 C09 stop before start, double start, double stop, stop in a handler, start again: defined, no deadlock")
  default void odd_calls() {
    Messaging messaging = lab().open();
    AtomicReference<Consumer> self = new AtomicReference<>();
    AtomicReference<DrainReport> inside = new AtomicReference<>();
    Recorder seen =
        new Recorder(
            m -> {
              if (new String(m.payload()).equals("stop")) {
                inside.set(self.get().stop(Duration.ofSeconds(5)));
              }
            });
    Consumer consumer = messaging.consumer(TOPIC).group(GROUP).handler(seen).build();
    self.set(consumer);
    assertThat(consumer.stop(Duration.ofSeconds(1)).received()).isZero();
    assertThat(consumer.state()).isEqualTo(ConsumerState.NEW);
    consumer.start();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    messaging.producer().publish(message("k", "stop"));
    Eventually.await("stopped from inside", () -> consumer.state() == ConsumerState.STOPPED);
    assertThat(inside.get()).isNotNull();
    consumer.stop(Duration.ofSeconds(1));
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    messaging.producer().publish(message("k", "again"));
    seen.await(2);
    assertThat(seen.texts()).containsExactly("stop", "again");
    assertThat(messaging.counters().of(TOPIC, GROUP).acked()).isEqualTo(2);
  }

  @Test
  @DisplayName(
      "C10 Z20 the drain equation holds for a stop at a random moment, 200 times, and at every snapshot")
  default void equation() {
    Messaging messaging = lab().open("memory.wait-in-process", "1s");
    messaging.topology().declare(TOPIC, GROUP);
    Set<String> handled = ConcurrentHashMap.newKeySet();
    Set<String> sent = ConcurrentHashMap.newKeySet();
    Random random = new Random(42);
    AtomicBoolean running = new AtomicBoolean(true);
    Thread load =
        new Thread(
            () -> {
              for (int i = 0; running.get(); i++) {
                sent.add(messaging.producer().publish(message("k" + i % 10, "v")).id());
              }
            });
    load.start();
    for (int i = 0; i < 200; i++) {
      boolean batch = i % 4 == 0;
      Consumer consumer =
          consumeWith(
              messaging,
              builder -> {
                builder.concurrency(3);
                return batch
                    ? builder.batchHandler(
                        20,
                        Duration.ofMillis(3),
                        all -> {
                          all.forEach(m -> handled.add(m.id()));
                          return Collections.nCopies(all.size(), Outcome.ack());
                        })
                    : builder.handler(
                        m -> {
                          if (m.attempt() == 1 && m.id().hashCode() % 5 == 0) {
                            throw new IllegalStateException("first");
                          }
                          handled.add(m.id());
                        });
              });
      int spin = random.nextInt(20_000);
      for (int n = 0; n < spin; n++) {
        Thread.onSpinWait();
      }
      for (Counters.Subscription s : messaging.counters().subscriptions()) {
        assertThat(s.received())
            .isEqualTo(
                s.acked()
                    + s.retried()
                    + s.deadLettered()
                    + s.dropped()
                    + s.returned()
                    + s.abandoned()
                    + s.held());
      }
      DrainReport report = consumer.stop(Duration.ofSeconds(10));
      assertThat(report.complete()).as(report.toString()).isTrue();
      assertThat(report.deadLettered()).isZero();
    }
    running.set(false);
    Eventually.await("load ends", () -> !load.isAlive());
    consume(messaging, m -> handled.add(m.id()));
    Eventually.await("everything handled", () -> handled.containsAll(sent));
  }

  @Test
  @DisplayName("C11 after close no thread, connection or temporary object remains")
  default void nothing_remains() {
    String application = "leak" + System.nanoTime();
    Messaging messaging = lab().open("application", application);
    consumeWith(messaging, builder -> builder.concurrency(4).replyHandler(r -> r.reply().build()));
    messaging
        .requester()
        .request(message("k", "v"), Duration.ofSeconds(5))
        .toCompletableFuture()
        .join();
    Lab.started(messaging.consumer(TOPIC).broadcast().handler(m -> {}).build());
    messaging.close();
    messaging.close();
    assertThat(lab().broker.connections()).isZero();
    assertThat(lab().broker.temporaryObjects()).isZero();
    Eventually.await(
        "no threads",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().contains(application)));
  }
}
