package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.DrainReport;
import dev.missive.Messaging;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses A03, A04, A06, A10 and A13: what is not settled comes back, as it was. */
public interface RedeliveryClauses {
  private static Counters.Subscription counts(Lab lab, Messaging messaging) {
    return messaging.counters().of(lab.topic(), lab.group());
  }

  /**
   * A03.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("A03 with the default policy a failed message is handled again")
  default void failed_is_repeated(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder(FakeHandler.failing(1));
    lab.started(messaging.consumer(lab.topic()).group(lab.group()).handler(seen).build());

    messaging.producer().publish(lab.message("body"));

    assertThat(lab.await(2, seen)).extracting(Recorder.Run::attempt).containsExactly(1, 2);
    assertThat(seen.texts()).containsExactly("body", "body");
    lab.await("acked", () -> counts(lab, messaging).acked() == 1);
  }

  /**
   * A13.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "A13 a retry copy and a redelivery are identical, whatever handlers did to what they got")
  default void comes_back_unchanged(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    AtomicInteger runs = new AtomicInteger();
    Recorder seen =
        new Recorder(
            m -> {
              change(m);
              if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("again");
              } else if (runs.get() == 2) {
                blocking.handle(m);
              }
            });
    // Longer than what may wait in process, so that there is a copy.
    Duration wait = lab.traits().waitInProcess().plusMillis(200);
    Consumer consumer =
        lab.consumeWith(
            messaging, builder -> builder.retry(RetryPolicy.exponential(wait, wait)).handler(seen));
    messaging
        .producer()
        .publish(
            lab.message("body").toBuilder().header("h", "1").type("t").correlationId("c").build());
    lab.await(
        "the copy",
        wait.multipliedBy(2).plus(lab.traits().deferPrecision()).plus(lab.broker().readyTimeout()),
        () -> seen.runs().size() == 2);
    // Cut by the stop, so that the broker delivers it once more.
    lab.stop(consumer, Duration.ofMillis(50));
    lab.started(consumer);

    List<Recorder.Run> all = lab.await(3, seen);
    assertThat(all.get(0).text()).isEqualTo("body");
    assertThat(all.get(0).headers()).containsOnlyKeys("h").containsEntry("h", "1");
    assertThat(all.subList(1, 3))
        .allSatisfy(
            run ->
                assertThat(run)
                    .usingRecursiveComparison()
                    .ignoringFields("attempt", "position")
                    .isEqualTo(all.get(0)));
    assertThat(all).extracting(Recorder.Run::attempt).containsExactly(1, 2, 2);
  }

  /** As a careless handler does. */
  private static void change(ReceivedMessage message) {
    byte[] payload = message.payload();
    byte[] key = message.key();
    if (payload != null && key != null) {
      Arrays.fill(payload, (byte) 'x');
      Arrays.fill(key, (byte) 'x');
    }
    try {
      message.headers().put("h", "changed");
      message.headers().put("more", "of them");
    } catch (UnsupportedOperationException e) {
      // Nothing can be changed, which is as good.
    }
  }

  /**
   * A04, A06.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @Tag("version")
  @DisplayName(
      "A04 A06 what a killed client held is delivered to another one, what it had finished at most once more")
  default void killed_client(Lab lab) {
    Messaging survivor = lab.open();
    lab.run("declaring", () -> survivor.topology().declare(lab.topic(), lab.group()));
    Victim victim = lab.victim();
    victim.consume(lab.topic(), lab.group(), 3, 0, Duration.ofMillis(5), "1");
    for (String text : List.of("1", "2", "3")) {
      survivor.producer().publish(lab.message("k" + text, text));
    }
    lab.await(
        "two are acknowledged, one is held",
        () -> victim.count("acked", lab.topic(), lab.group()) == 2 && victim.runs().size() == 3);

    victim.kill();
    Recorder seen = new Recorder();
    lab.consume(survivor, seen);

    lab.await(
        "the held message on the survivor",
        lab.traits().redelivery().plus(lab.broker().readyTimeout()),
        () -> seen.texts().contains("1"));
    lab.untilSentinel(survivor, seen);
    assertThat(Collections.frequency(seen.texts(), "1")).as("runs of 1").isEqualTo(1);
    assertThat(Collections.frequency(seen.texts(), "2")).as("runs of 2").isLessThanOrEqualTo(1);
    assertThat(Collections.frequency(seen.texts(), "3")).as("runs of 3").isLessThanOrEqualTo(1);
  }

  /**
   * A04.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("A04 a member that is there gets what a killed client held within Traits.redelivery")
  default void killed_member(Lab lab) {
    Messaging survivor = lab.open();
    lab.run("declaring", () -> survivor.topology().declare(lab.topic(), lab.group()));
    Victim victim = lab.victim();
    String[] texts = new String[12];
    Arrays.setAll(texts, i -> "m" + i);
    victim.consume(lab.topic(), lab.group(), texts.length, 0, Duration.ofMillis(5), texts);
    // Busy with its first message, so that others are left for the victim on every broker.
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    Recorder seen = new Recorder(blocking);
    lab.consumeWith(survivor, builder -> builder.maxInFlight(1).handler(seen));
    for (String text : texts) {
      survivor.producer().publish(lab.message(text, text));
    }
    lab.await("some are held", () -> !victim.runs().isEmpty());
    List<String> held = victim.runs();

    victim.kill();
    Instant killed = lab.now();
    blocking.release();

    lab.await(
        "the held messages on the survivor",
        lab.traits().redelivery().plus(lab.broker().readyTimeout()),
        () -> seen.texts().containsAll(held));
    // What a busy machine takes to notice it, five times over.
    assertThat(Duration.between(killed, lab.now()))
        .as("how long after the kill")
        .isLessThanOrEqualTo(
            lab.traits().redelivery().plusSeconds(1).plus(lab.slack().multipliedBy(5)));
    lab.await("all on the survivor", () -> seen.texts().containsAll(List.of(texts)));
    assertThat(blocking.interrupted()).as("whether the survivor's own run was disturbed").isFalse();
  }

  /**
   * A10.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("A10 a delivery whose handler never answers comes back when the consumer is closed")
  default void never_answered(Lab lab) {
    Messaging messaging = lab.open();
    Consumer consumer =
        lab.consumeWith(messaging, builder -> builder.asyncHandler(m -> new CompletableFuture<>()));
    messaging.producer().publish(lab.message("v"));
    lab.await("it is held", () -> counts(lab, messaging).running() == 1);

    DrainReport report = lab.stop(consumer, Duration.ofMillis(50));

    assertThat(report.abandoned()).hasSize(1);
    assertThat(report.complete()).isTrue();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    lab.await(1, seen);
  }
}
