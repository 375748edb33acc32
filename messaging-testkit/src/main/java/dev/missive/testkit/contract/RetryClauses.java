package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.RetryPolicy;
import dev.missive.Topology;
import dev.missive.spi.Destination;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses R02 to R08. */
public interface RetryClauses {
  private static Counters.Subscription counts(Lab lab, Messaging messaging) {
    return messaging.counters().of(lab.topic(), lab.group());
  }

  private static long letters(Lab lab, Messaging messaging, String group) {
    return lab.letters(messaging, group);
  }

  /**
   * R02.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("R02 failing n times and then succeeding is n + 1 runs and no dead letter")
  default void succeeds_in_the_end(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder(FakeHandler.failing(3));
    Consumer consumer = lab.consume(messaging, seen);
    messaging.producer().publish(lab.message("v"));

    lab.await("acked", () -> counts(lab, messaging).acked() == 1);
    lab.stop(consumer, Duration.ofSeconds(5));
    assertThat(seen.runs())
        .extracting(Recorder.Run::attempt)
        .as("attempts")
        .containsExactly(1, 2, 3, 4);
    assertThat(letters(lab, messaging, lab.group())).isZero();
  }

  /**
   * R03.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "R03 failing always is exactly maxAttempts runs and a dead letter, with one and with three instances")
  default void exhausted(Lab lab) {
    for (int instances : new int[] {1, 3}) {
      String group = lab.group("g" + instances);
      Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();
      Messaging first = lab.open();
      for (int i = 0; i < instances; i++) {
        Messaging messaging = i == 0 ? first : lab.open();
        lab.started(
            messaging
                .consumer(lab.topic())
                .group(group)
                .retry(Lab.QUICK.maxAttempts(4))
                .handler(
                    m -> {
                      runs.computeIfAbsent(m.id(), id -> new AtomicInteger()).incrementAndGet();
                      throw new IllegalStateException("always");
                    })
                .build());
      }
      for (int i = 0; i < 30; i++) {
        first.producer().publish(lab.message("k" + i, "v"));
      }

      lab.await("all dead-lettered", () -> letters(lab, first, group) == 30);
      assertThat(runs.values())
          .as("runs per message")
          .hasSize(30)
          .extracting(AtomicInteger::get)
          .containsOnly(4);
    }
  }

  /**
   * R04.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "R04 a retry comes not before its backoff and not later than backoff + jitter + precision")
  default void backoff(Lab lab) {
    Messaging messaging = lab.open();
    List<Instant> times = new CopyOnWriteArrayList<>();
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .retry(
                    RetryPolicy.exponential(Duration.ofMillis(400), Duration.ofSeconds(60))
                        .maxAttempts(4))
                .handler(
                    m -> {
                      times.add(lab.now());
                      throw new IllegalStateException("again");
                    }));
    messaging.producer().publish(lab.message("v"));

    Duration late = lab.traits().deferPrecision().plusSeconds(1).plus(lab.slack());
    lab.await(
        "dead-lettered",
        late.multipliedBy(4).plus(lab.broker().readyTimeout()),
        () -> counts(lab, messaging).deadLettered() == 1);
    assertThat(times).hasSize(4);
    for (int k = 1; k < 4; k++) {
      long waited = Duration.between(times.get(k - 1), times.get(k)).toMillis();
      long wait = 400L << (k - 1);
      assertThat(waited)
          .as("milliseconds before run %d", k + 1)
          .isBetween(wait - 1, (long) (wait * 1.2) + late.toMillis());
    }
  }

  /**
   * R05.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("R05 10,000 failing messages do not stop 10,000 good ones")
  default void good_ones_flow(Lab lab) {
    Messaging messaging = lab.open();
    AtomicInteger good = new AtomicInteger();
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(4)
                .retry(RetryPolicy.exponential(Duration.ofMinutes(5), Duration.ofMinutes(5)))
                .handler(
                    m -> {
                      if (Lab.text(m).equals("bad")) {
                        throw new IllegalStateException("bad");
                      }
                      good.incrementAndGet();
                    }));
    for (int i = 0; i < 20_000; i++) {
      messaging.producer().publishAsync(lab.message("k" + i, i % 2 == 0 ? "bad" : "good"));
    }

    lab.await("all good ones", Duration.ofSeconds(120), () -> good.get() >= 10_000);
  }

  /**
   * R05.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("R05 others are handled while fewer than half the window wait for their retry")
  default void others_pass(Lab lab) {
    Messaging messaging = lab.open();
    AtomicInteger good = new AtomicInteger();
    AtomicInteger bad = new AtomicInteger();
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .maxInFlight(10)
                .retry(
                    RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofMillis(100))
                        .maxAttempts(100_000))
                .handler(
                    m -> {
                      boolean last = good.get() == 100;
                      (Lab.text(m).equals("good") ? good : bad).incrementAndGet();
                      if (Lab.text(m).equals("bad") && !last) {
                        throw new IllegalStateException("not before the good ones");
                      }
                    }));
    for (int i = 0; i < 4; i++) {
      messaging.producer().publish(lab.message("bad" + i, "bad"));
    }
    lab.await("each of them waits", () -> bad.get() >= 4);
    for (int i = 0; i < 100; i++) {
      messaging.producer().publishAsync(lab.message("good" + i, "good"));
    }

    lab.await("the good ones, and then the bad ones", () -> counts(lab, messaging).acked() == 104);
    assertThat(letters(lab, messaging, lab.group())).isZero();
  }

  /**
   * R06.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("R06 a retry copy keeps everything and reaches the failing group only")
  default void copy_keeps_all(Lab lab) {
    Messaging messaging = lab.open();
    Recorder other = new Recorder();
    Recorder seen = new Recorder(FakeHandler.failing(1));
    // Longer than what may wait in process, so that there is a copy.
    Duration wait = lab.traits().waitInProcess().plusMillis(200);
    lab.started(messaging.consumer(lab.topic()).group(lab.group("other")).handler(other).build());
    lab.consumeWith(
        messaging, builder -> builder.retry(RetryPolicy.exponential(wait, wait)).handler(seen));
    messaging
        .producer()
        .publish(
            lab.message("b").toBuilder()
                .id("i")
                .type("t")
                .contentType("c/t")
                .correlationId("c")
                .header("traceparent", "00-1")
                .header("type", "own")
                .build());

    lab.await(
        "the copy",
        wait.multipliedBy(2).plus(lab.traits().deferPrecision()).plus(lab.broker().readyTimeout()),
        () -> seen.runs().size() > 1);
    assertThat(counts(lab, messaging).retried()).isEqualTo(1);
    assertThat(seen.runs().get(1))
        .usingRecursiveComparison()
        .ignoringFields("attempt", "position")
        .isEqualTo(seen.runs().get(0));
    assertThat(lab.untilSentinel(messaging, other)).as("the other group").containsExactly("b");
    assertThat(lab.untilSentinel(messaging, seen))
        .filteredOn("b"::equals)
        .as("the failing group, which gets the copy once")
        .hasSize(2);
  }

  /**
   * R07.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "R07 a wait at the broker survives the death of the client and a restart of the broker")
  default void wait_survives(Lab lab) {
    Messaging survivor = lab.open();
    Duration wait = lab.traits().waitInProcess().plusSeconds(4);
    lab.run("declaring", () -> survivor.topology().declare(lab.topic(), lab.group()));
    Victim victim = lab.victim();
    victim.consume(lab.topic(), lab.group(), 1, 1, wait);
    Instant start = lab.now();
    survivor.producer().publish(lab.message("v"));
    lab.await(
        "the copy waits at the broker",
        () -> victim.count("retried", lab.topic(), lab.group()) == 1);
    // The copy is stored, but the acknowledgement of the original may still be on its way.
    lab.await(
        "nothing is in flight, and nothing waits but the copy",
        () -> {
          Topology.Depth depth = survivor.topology().depth(lab.topic(), lab.group());
          return depth.inFlight() == 0 && depth.waiting() <= 1;
        });

    victim.kill();
    lab.part(Control.Restart.class).ifPresent(broker -> lab.killed(broker.restart()));
    List<Instant> originals = new CopyOnWriteArrayList<>();
    List<Instant> copies = new CopyOnWriteArrayList<>();
    Recorder seen = new Recorder(m -> (m.attempt() == 1 ? originals : copies).add(lab.now()));
    lab.consume(lab.open(), seen);

    lab.await(
        "the copy",
        wait.multipliedBy(2).plus(lab.traits().deferPrecision()).plus(lab.broker().readyTimeout()),
        () -> !copies.isEmpty());
    assertThat(copies)
        .singleElement(InstanceOfAssertFactories.INSTANT)
        .isAfterOrEqualTo(start.plus(wait));
    assertThat(seen.runs()).last().extracting(Recorder.Run::attempt).isEqualTo(2);
    // Brokers do not confirm acknowledgements: that of the original may have died with the broker.
    assertThat(originals).hasSizeLessThanOrEqualTo(1);
    // Without a restart that was half of the clause.
    lab.control(Control.Restart.class);
  }

  /**
   * R07.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("R07 under ORDERED_RETRY what waited when its client died is the next of its key")
  default void ordered_wait_survives(Lab lab) {
    lab.needs(Capability.ORDERED_RETRY);
    // Else the order of a key is that of one instance, and whoever goes on is another one.
    lab.needs(Capability.KEY_ORDER);
    Messaging survivor = lab.open();
    Victim victim = lab.victim();
    // Longer than it takes to kill it.
    Duration wait = Duration.ofSeconds(30);
    victim.consumeInOrder(lab.topic(), lab.group(), 1, wait);
    for (String text : List.of("0", "1", "2")) {
      survivor.producer().publish(lab.message(text));
    }
    lab.await(
        "the first waits for its retry, the others of its key behind it",
        () ->
            victim.count("parked", lab.topic(), lab.group()) == 1
                && victim.count("received", lab.topic(), lab.group()) == 3);
    assertThat(victim.runs()).as("runs of the key while its first waits").containsExactly("0");

    victim.kill();
    lab.part(Control.Restart.class).ifPresent(broker -> lab.killed(broker.restart()));
    Recorder seen = new Recorder();
    lab.consumeWith(lab.open(), builder -> builder.ordering(Ordering.KEY).handler(seen));

    lab.await(
        "all of the key",
        lab.traits().redelivery().plus(wait).plus(lab.broker().readyTimeout()),
        () -> Set.copyOf(seen.texts()).size() == 3);
    assertThat(seen.texts().stream().distinct())
        .as("the key after the death of its client")
        .containsExactly("0", "1", "2");
    // Without a restart that was half of the clause.
    lab.control(Control.Restart.class);
  }

  /**
   * R08.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "R08 a link cut between failure and stored copy costs at most one run more, and nothing is lost")
  default void cut_before_copy(Lab lab) {
    Control.Cut cut = lab.control(Control.Cut.class);
    Probe probe = lab.probe();
    Messaging messaging = lab.open(probe);
    Recorder seen = new Recorder(FakeHandler.failing());
    Duration wait = lab.traits().waitInProcess().plusMillis(200);
    lab.consumeWith(
        messaging,
        builder -> builder.retry(RetryPolicy.exponential(wait, wait).maxAttempts(3)).handler(seen));
    probe.fail(Destination.Group.class::isInstance);
    messaging.producer().publish(lab.message("v"));
    lab.await("the copy", () -> probe.sends(Destination.Group.class::isInstance) >= 1);

    cut.cut();
    probe.fail(to -> false);

    Duration each = wait.multipliedBy(2).plus(lab.traits().deferPrecision());
    lab.await(
        "dead-lettered",
        each.multipliedBy(4).plus(lab.broker().readyTimeout()),
        () -> letters(lab, messaging, lab.group()) >= 1);
    // The failed run before the cut may not be recorded.
    assertThat(seen.runs()).hasSizeBetween(3, 4);
    assertThat(letters(lab, messaging, lab.group())).isEqualTo(1);
  }
}
