package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.spi.Destination;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.history.History;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses F01 to F07 without F05 and F06. */
public interface FaultClauses {
  /**
   * F01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "F01 the broker restarts twice under load with 100 publishers: every receipt is kept")
  default void restarts(Lab lab) {
    Control.Restart restart = lab.control(Control.Restart.class);
    Messaging messaging = lab.open("producer.deadline", "120s");
    History history = new History();
    AtomicInteger stored = new AtomicInteger();
    lab.consumeWith(
        messaging,
        builder -> builder.concurrency(4).handler(history.recording(lab.group(), m -> {})));
    List<CompletableFuture<Void>> publishers = new ArrayList<>();
    for (int t = 0; t < 100; t++) {
      String key = "k" + t;
      publishers.add(
          Lab.background(
              () -> {
                for (int i = 0; i < 20; i++) {
                  Message message = lab.message(key, "v");
                  history.sent(message);
                  history.stored(messaging.producer().publish(message).id());
                  stored.incrementAndGet();
                }
              }));
    }
    for (int i = 1; i <= 2; i++) {
      int enough = i * 500;
      lab.await("progress", Lab.RECOVERY, () -> stored.get() > enough);
      lab.killed(restart.restart());
    }

    lab.await(
        "all receipts",
        Lab.RECOVERY,
        () -> publishers.stream().allMatch(CompletableFuture::isDone));
    publishers.forEach(CompletableFuture::join);
    History.Rules rules = History.Rules.atLeastOnce(Integer.MAX_VALUE).group(lab.group());
    lab.settles("what has a receipt is handled", Lab.RECOVERY, history, rules);
  }

  /**
   * F02.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("F02 after a cut consumer and producer go on without the application")
  default void cut(Lab lab) {
    Control.Cut cut = lab.control(Control.Cut.class);
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    Consumer consumer = lab.consume(messaging, seen);
    for (int i = 0; i < 3; i++) {
      Steps.publish(lab, messaging, "before" + i);
      cutUnderLoad(lab, messaging, cut);
      Steps.publish(lab, messaging, "after" + i);
    }

    for (int i = 0; i < 3; i++) {
      String number = "" + i;
      lab.await(
          "both messages",
          () ->
              seen.texts().contains("before" + number) && seen.texts().contains("after" + number));
    }
    lab.await("running", () -> consumer.state() == ConsumerState.RUNNING);
    Steps.awaitState(lab, messaging, ConnectionState.CONNECTED);
  }

  /** Cuts while messages go both ways, so that it falls into one of them. */
  private static void cutUnderLoad(Lab lab, Messaging messaging, Control.Cut cut) {
    AtomicBoolean over = new AtomicBoolean();
    String longerThanWhatPasses = "x".repeat(500);
    CompletableFuture<Void> load =
        Lab.background(
            () -> {
              while (!over.get()) {
                messaging.producer().publish(lab.message(longerThanWhatPasses));
              }
            });
    try {
      cut.cut();
    } finally {
      over.set(true);
    }
    lab.await("the publisher that was cut", load::isDone);
    Beside.join(load);
  }

  /**
   * F03.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("F03 a half-open connection is detected, and everything goes on afterwards")
  default void blackhole(Lab lab) {
    Control.Blackhole blackhole = lab.control(Control.Blackhole.class);
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    Steps.publish(lab, messaging, "before");
    lab.await(1, seen);

    blackhole.swallow();
    lab.await(
        "the loss is seen",
        lab.broker().detection().plus(lab.slack()),
        () -> messaging.health().connection().state() != ConnectionState.CONNECTED);
    blackhole.pass();

    Steps.publish(lab, messaging, "after");
    lab.await("the message", () -> seen.texts().contains("after"));
    Steps.awaitState(lab, messaging, ConnectionState.CONNECTED);
  }

  /**
   * F04.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("F04 topology deleted while disconnected is declared again")
  default void topology_gone(Lab lab) {
    Control.Inventory objects = lab.control(Control.Inventory.class);
    Control.Power power = lab.control(Control.Power.class);
    Messaging messaging = lab.open("producer.deadline", "5s");
    Recorder seen = new Recorder();
    Consumer consumer = lab.consume(messaging, seen);
    lab.await("the first is stored", () -> Steps.stored(lab, messaging, "before"));
    lab.await(1, seen);
    power.down();
    Steps.awaitState(lab, messaging, ConnectionState.RECONNECTING);
    objects.deleteTopic(lab.topic());
    power.up();

    lab.await("declared again", Lab.RECOVERY, () -> objects.topicExists(lab.topic()));
    lab.await("published again", Lab.RECOVERY, () -> Steps.stored(lab, messaging, "after"));
    lab.await(2, seen);
    lab.await("running", () -> consumer.state() == ConsumerState.RUNNING);
  }

  /**
   * F07.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("F07 a lost confirm is resent with the same id after the connection went")
  default void confirm_lost_with_its_link(Lab lab) {
    Control.Confirms confirms = lab.control(Control.Confirms.class);
    Control.Cut cut = lab.control(Control.Cut.class);
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    // So that nothing but the confirm is lost: what a client asks before its first publish got its
    // answer.
    Steps.publish(lab, messaging, "before");
    confirms.lose();
    CompletableFuture<Receipt> resent =
        messaging.producer().publishAsync(lab.message("resent")).toCompletableFuture();
    lab.pass(Duration.ofSeconds(1));
    assertThat(resent).isNotDone();
    confirms.pass();
    cut.cut();

    String id = lab.join(resent).id();
    lab.await("it", () -> seen.ids().contains(id));
    assertThat(Collections.frequency(seen.ids(), id)).isBetween(1, 2);
  }

  /**
   * Publishes until the adapter has the message. On a busy machine the deadline may be over before;
   * then NOT_STORED is true, and shows nothing about confirms.
   */
  private static CompletableFuture<Receipt> handedOver(Lab lab, Messaging messaging, Probe probe) {
    long before = probe.sends(Destination.Topic.class::isInstance);
    BooleanSupplier sent = () -> probe.sends(Destination.Topic.class::isInstance) > before;
    CompletableFuture<Receipt> published;
    do {
      CompletableFuture<Receipt> next =
          messaging.producer().publishAsync(lab.message("unknown")).toCompletableFuture();
      lab.await("the adapter has it", () -> sent.getAsBoolean() || next.isDone());
      published = next;
    } while (!sent.getAsBoolean());
    return published;
  }

  /**
   * F07.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("F07 without a confirm until the deadline a publish fails UNKNOWN")
  default void confirm_lost(Lab lab) {
    Control.Confirms confirms = lab.control(Control.Confirms.class);
    Probe probe = lab.probe();
    // On a busy machine the client may need seconds to send what it was given.
    Duration deadline = Duration.ofSeconds(2).plus(lab.slack());
    Messaging messaging = lab.open(probe, "producer.deadline", deadline.toSeconds() + "s");
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    lab.await("the first is stored", () -> Steps.stored(lab, messaging, "before"));
    confirms.lose();
    CompletableFuture<Receipt> unknown = handedOver(lab, messaging, probe);
    lab.await("the deadline", deadline.plusSeconds(1).plus(lab.slack()), unknown::isDone);
    assertThatThrownBy(unknown::join)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.PUBLISH_TIMEOUT);
              assertThat(e.outcome())
                  .as("outcome without a confirm")
                  .isEqualTo(PublishException.Outcome.UNKNOWN);
            });
  }
}
