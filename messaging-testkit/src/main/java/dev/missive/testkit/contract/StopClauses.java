package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Counters;
import dev.missive.DrainReport;
import dev.missive.Messaging;
import dev.missive.Receipt;
import dev.missive.RetryPolicy;
import dev.missive.spi.Destination;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clauses C05 to C07 and C10: stopping loses nothing. */
public interface StopClauses {
  /**
   * C05, C06.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "C05 C06 past its timeout stop interrupts, returns the rest in time and counts no attempt")
  default void stop_in_time(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Consumer consumer =
        lab.consumeWith(messaging, builder -> builder.concurrency(2).handler(blocking));
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(lab.message("k" + i, "v"));
    }
    blocking.awaitEntered();
    lab.await("all are held", () -> messaging.counters().of(lab.topic(), lab.group()).held() == 10);
    Instant began = lab.now();
    DrainReport report = lab.stop(consumer, Duration.ofMillis(100));
    assertThat(Duration.between(began, lab.now()))
        .isLessThan(Duration.ofMillis(1100).plus(lab.slack()));
    assertThat(report.complete()).as(report.toString()).isTrue();
    assertThat(report.returned()).isEqualTo(10);
    assertThat(report.deadLettered()).isZero();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    assertThat(lab.await(10, seen)).extracting(Recorder.Run::attempt).containsOnly(1);
  }

  /**
   * C05.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("C05 stop lets running handlers finish, and settles what they did")
  default void stop_waits(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Recorder first = new Recorder(blocking);
    Consumer consumer = lab.consume(messaging, first);
    messaging.producer().publish(lab.message("in flight"));
    blocking.awaitEntered();
    CompletableFuture<DrainReport> stopping = new CompletableFuture<>();
    Lab.background(() -> stopping.complete(consumer.stop(Duration.ofSeconds(60))));
    lab.await("it is stopping", () -> consumer.state() != ConsumerState.RUNNING);
    lab.pass(Duration.ofMillis(300));
    assertThat(stopping).as("stop, while a handler runs").isNotDone();

    blocking.release();

    assertThat(lab.join(stopping).acked()).isEqualTo(1);
    assertThat(blocking.interrupted()).isFalse();
    Recorder later = new Recorder();
    lab.consume(messaging, later);
    assertThat(lab.untilSentinel(messaging, later)).isEmpty();
  }

  /**
   * C06.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("C06 a handler that ignores its interrupt is named in the report with its stack")
  default void abandoned(Lab lab) {
    Messaging messaging = lab.open();
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch in = new CountDownLatch(1);
    Consumer consumer =
        lab.consume(
            messaging,
            m -> {
              in.countDown();
              Beside.passUninterrupted(go);
            });
    try {
      Receipt receipt = messaging.producer().publish(lab.message("v"));
      lab.await("inside", () -> in.getCount() == 0);
      DrainReport report = lab.stop(consumer, Duration.ofMillis(20));
      assertThat(report.abandoned()).hasSize(1);
      assertThat(report.abandoned().get(0).messageId()).isEqualTo(receipt.id());
      assertThat(report.abandoned().get(0).stack()).isNotEmpty();
      assertThat(report.complete()).isTrue();
    } finally {
      go.countDown();
    }
    Messaging another = lab.open();
    Recorder seen = new Recorder();
    lab.consume(another, seen);
    lab.await(1, seen);
  }

  /**
   * C05.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("C05 stop returns in time while no copy is answered, and nothing is lost")
  default void stop_while_copies_wait(Lab lab) {
    Predicate<Destination> copies = Destination.Group.class::isInstance;
    Probe probe = lab.probe();
    Messaging messaging = lab.open(probe);
    // All are there before the first copy is due, which would take the place of one of them.
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    Set<String> texts = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      texts.add("m" + i);
      messaging.producer().publish(lab.message("k" + i, "m" + i));
    }
    probe.withhold(copies);
    // Longer than what may wait in process, so that there are copies.
    Duration wait = lab.traits().waitInProcess().plusSeconds(1);
    Consumer consumer =
        lab.consumeWith(
            messaging,
            builder ->
                builder
                    .maxInFlight(10)
                    .retry(RetryPolicy.exponential(wait, wait))
                    .handler(FakeHandler.failing(1)));
    lab.await("a full window of copies", () -> probe.sends(copies) == 10);

    Instant began = lab.now();
    Duration timeout = Duration.ofSeconds(1);
    lab.stop(consumer, timeout);

    assertThat(Duration.between(began, lab.now()))
        .as("how long stop took")
        .isLessThanOrEqualTo(timeout.plusSeconds(2).plus(lab.slack()));
    probe.release();
    Recorder seen = new Recorder();
    lab.consume(lab.open(), seen);
    // The copies are there, and nobody knew: so each original comes back too.
    lab.await(
        "all of them, twice",
        wait.multipliedBy(2)
            .plus(lab.traits().deferPrecision())
            .plus(lab.traits().redelivery())
            .plus(lab.broker().readyTimeout()),
        () -> seen.runs().size() >= 20 && Set.copyOf(seen.texts()).equals(texts));
  }

  /**
   * C07.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("C07 after stop another member gets the rest at once")
  default void others_get_the_rest(Lab lab) {
    Messaging one = lab.open();
    Messaging two = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Recorder started = new Recorder(blocking);
    Consumer first = lab.consume(one, started);
    for (int i = 0; i < 20; i++) {
      one.producer().publish(lab.message("m" + i));
    }
    blocking.awaitEntered();
    Recorder seen = new Recorder();
    lab.consume(two, seen);

    lab.stop(first, Duration.ofMillis(10));

    lab.await("all of them", () -> Set.copyOf(seen.texts()).size() == 20);
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsOnly(1);
  }

  /**
   * C10.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "C10 the drain equation holds for a stop at a random moment under load, and nothing is lost")
  // A thousand starts and stops take a broker that needs a second for each more than a quarter of
  // an hour.
  @Timeout(value = 40, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  default void equation(Lab lab) {
    int times = Integer.getInteger("missive.contract.stops", 20);
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    Set<String> handled = ConcurrentHashMap.newKeySet();
    Set<String> sent = ConcurrentHashMap.newKeySet();
    Random random = new Random(42);
    long acked = 0;
    long returned = 0;
    for (int i = 0; i < times; i++) {
      CompletableFuture<Void> load = Lab.background(() -> publishHundred(lab, messaging, sent));
      RandomStop stop = new RandomStop(lab, handled, random.nextInt(60), i % 2 == 1);
      Consumer consumer = lab.consumeWith(messaging, stop.handlers(i % 4 == 0));
      assertEquation(messaging.counters());
      DrainReport report = stop.of(messaging, consumer);
      assertThat(report.complete()).as("stop %d: %s", i, report).isTrue();
      assertThat(report.deadLettered()).isZero();
      acked += report.acked();
      returned += report.returned();
      lab.join(load);
    }
    assertThat(acked).as("messages that were handled before a stop").isPositive();
    assertThat(returned).as("messages that a stop found unhandled").isPositive();
    lab.consume(messaging, m -> handled.add(m.id()));
    lab.await(
        "everything is handled",
        lab.broker().readyTimeout().multipliedBy(3),
        () -> handled.containsAll(sent));
    assertThat(sent).hasSize(times * 100);
  }

  private static void publishHundred(Lab lab, Messaging messaging, Set<String> sent) {
    List<CompletionStage<Receipt>> receipts = new ArrayList<>();
    for (int n = 0; n < 100; n++) {
      receipts.add(messaging.producer().publishAsync(lab.message("k" + n % 10, "v")));
    }
    receipts.forEach(receipt -> sent.add(receipt.toCompletableFuture().join().id()));
  }

  private static void assertEquation(Counters counters) {
    for (Counters.Subscription s : counters.subscriptions()) {
      assertThat(s.received())
          .as(s.toString())
          .isEqualTo(
              s.acked()
                  + s.retried()
                  + s.deadLettered()
                  + s.dropped()
                  + s.returned()
                  + s.abandoned()
                  + s.held());
    }
  }
}
