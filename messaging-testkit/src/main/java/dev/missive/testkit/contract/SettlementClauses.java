package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Outcome;
import dev.missive.spi.Delivery;
import dev.missive.spi.Delivery.Settled;
import dev.missive.spi.Destination;
import dev.missive.spi.Subscription;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses A01, A02, A05, A07 to A09 and A11: what a settlement does, and when. */
public interface SettlementClauses {
  private static Counters.Subscription counts(Lab lab, Messaging messaging) {
    return messaging.counters().of(lab.topic(), lab.group());
  }

  /**
   * A01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("A01 after ack and a clean stop nothing is delivered again")
  default void acked_is_gone(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    Consumer consumer = lab.consume(messaging, seen);
    for (int i = 0; i < 50; i++) {
      messaging.producer().publish(lab.message("m"));
    }
    lab.await(50, seen);
    lab.stop(consumer, Duration.ofSeconds(5));

    Messaging another = lab.open();
    Recorder later = new Recorder();
    lab.consume(another, later);

    assertThat(lab.untilSentinel(another, later)).as("what comes after its ack").isEmpty();
  }

  /**
   * A02, A07.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "A02 A07 nothing is acknowledged before the asynchronous handler has completed; all are in the end")
  default void async_acks(Lab lab) {
    Probe probe = lab.probe();
    Messaging messaging = lab.open(probe);
    List<CompletableFuture<Outcome>> stages = new CopyOnWriteArrayList<>();
    Consumer consumer =
        lab.consumeWith(
            messaging,
            builder ->
                builder
                    .concurrency(50)
                    .asyncHandler(
                        m -> {
                          CompletableFuture<Outcome> stage = new CompletableFuture<>();
                          stages.add(stage);
                          return stage;
                        }));
    for (int i = 0; i < 50; i++) {
      messaging.producer().publish(lab.message("k" + i, "m"));
    }
    lab.await("50 handlers wait", () -> stages.size() == 50);
    assertThat(probe.unsettled()).as("unsettled while all handlers run").isEqualTo(50);
    assertThat(counts(lab, messaging).acked()).isZero();

    stages.forEach(stage -> Lab.background(() -> stage.complete(Outcome.ack())));

    lab.await("all acked", () -> counts(lab, messaging).acked() == 50);
    assertThat(probe.unsettled()).isZero();
    assertThat(lab.stop(consumer, Duration.ofSeconds(5)).complete()).isTrue();
    Messaging another = lab.open();
    Recorder later = new Recorder();
    lab.consume(another, later);
    assertThat(lab.untilSentinel(another, later)).isEmpty();
  }

  /**
   * A05.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("A05 a second ack, and a release after an ack, answer ALREADY and change nothing")
  default void settled_twice(Lab lab) {
    Spi spi = lab.spi();
    spi.declare(lab.topic(), lab.group());
    Subscription subscription = spi.subscribe(lab.topic(), lab.group(), 10);
    spi.publish(new Destination.Topic(lab.topic()), lab.message("1"));
    Delivery delivery = spi.delivery(1);

    assertThat(delivery.ack()).isEqualTo(Settled.DONE);
    assertThat(delivery.ack()).as("a second ack").isEqualTo(Settled.ALREADY);
    assertThat(delivery.release()).as("a release after an ack").isEqualTo(Settled.ALREADY);

    Message second = lab.message("2");
    spi.publish(new Destination.Topic(lab.topic()), second);
    assertThat(spi.delivery(2).message().id()).isEqualTo(second.id());
    spi.delivery(2).ack();
    spi.join("stopping", subscription.stop());
    spi.join("closing", subscription.close());
  }

  /**
   * A08.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "A08 settling a delivery of a lost epoch answers STALE, and those of the new one arrive once")
  default void lost_epoch(Lab lab) {
    Control.Cut cut = lab.control(Control.Cut.class);
    Spi spi = lab.spi();
    spi.declare(lab.topic(), lab.group());
    spi.subscribe(lab.topic(), lab.group(), 10);
    int before = 0;
    if (lab.broker().survivesCuts()) {
      settleAfterCut(lab, spi, cut);
      before = spi.deliveries().size();
    }
    Message first = lab.message("1");
    spi.publish(new Destination.Topic(lab.topic()), first);
    Delivery lost = spi.delivery(before + 1);

    endEpoch(lab, cut);
    spi.awaitRevoked();
    assertThat(lost.ack()).as("an ack of a lost epoch").isEqualTo(Settled.STALE);

    Delivery again = spi.delivery(before + 2);
    assertThat(again.message().id()).isEqualTo(first.id());
    assertThat(again.epoch()).isNotSameAs(lost.epoch());
    assertThat(again.ack()).isEqualTo(Settled.DONE);
    Message second = lab.message("2");
    spi.publish(new Destination.Topic(lab.topic()), second);
    assertThat(spi.delivery(before + 3).message().id()).isEqualTo(second.id());
    Message last = lab.message("sentinel");
    spi.publish(new Destination.Topic(lab.topic()), last);
    assertThat(spi.delivery(before + 4).message().id())
        .as("what comes last, with nothing twice before it")
        .isEqualTo(last.id());
    assertThat(spi.deliveries()).as("nothing twice").hasSize(before + 4);
  }

  /** Where an epoch outlives a cut, an acknowledgement after it takes effect at the broker. */
  private static void settleAfterCut(Lab lab, Spi spi, Control.Cut cut) {
    Message held = lab.message("held");
    spi.publish(new Destination.Topic(lab.topic()), held);
    Delivery kept = spi.delivery(1);

    cut.cut();
    Message next = lab.message("next");
    spi.publish(new Destination.Topic(lab.topic()), next);
    assertThat(spi.delivery(2).message().id()).isEqualTo(next.id());
    assertThat(kept.ack()).isEqualTo(Settled.DONE);
    assertThat(spi.delivery(2).ack()).isEqualTo(Settled.DONE);

    lab.await("the broker has settled both", () -> spi.left(lab.topic(), lab.group()) == 0);
    assertThat(spi.deliveries()).as("nothing twice").hasSize(2);
  }

  /** Keeps the link away for longer than a session lasts, where one outlives a cut. */
  private static void endEpoch(Lab lab, Control.Cut cut) {
    if (!lab.broker().survivesCuts()) {
      cut.cut();
      return;
    }
    Control.Power power = lab.control(Control.Power.class);
    power.down();
    lab.pass(lab.broker().sessionTimeout().plusSeconds(1));
    power.up();
  }

  /**
   * A09.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("A09 between stop and close an ack takes effect; after close it answers STALE")
  default void after_close(Lab lab) {
    Spi spi = lab.spi();
    spi.declare(lab.topic(), lab.group());
    Subscription subscription = spi.subscribe(lab.topic(), lab.group(), 10);
    spi.publish(new Destination.Topic(lab.topic()), lab.message("1"));
    Message second = lab.message("2");
    spi.publish(new Destination.Topic(lab.topic()), second);
    Delivery acked = spi.delivery(1);
    Delivery left = spi.delivery(2);

    spi.join("stopping", subscription.stop());
    assertThat(acked.ack()).as("an ack between stop and close").isEqualTo(Settled.DONE);
    spi.join("closing", subscription.close());
    assertThat(left.ack()).as("an ack after close").isEqualTo(Settled.STALE);

    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    lab.await("the message that was left", () -> seen.texts().contains("2"));
    assertThat(lab.untilSentinel(messaging, seen)).containsExactly("2");
  }

  /**
   * A11.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("A11 drop settles, counts and does not dead-letter")
  default void drop(Lab lab) {
    Messaging messaging = lab.open();
    Consumer consumer =
        lab.consumeWith(messaging, builder -> builder.outcomeHandler(m -> Outcome.drop()));
    messaging.producer().publish(lab.message("v"));

    lab.await("dropped", () -> counts(lab, messaging).dropped() == 1);
    assertThat(lab.stop(consumer, Duration.ofSeconds(5)).dropped()).isEqualTo(1);
    assertThat(lab.letters(messaging, lab.group())).isZero();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    assertThat(lab.untilSentinel(messaging, seen)).isEmpty();
  }
}
