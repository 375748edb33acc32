package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.DeadLetters;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.PublishResult;
import dev.missive.Receipt;
import dev.missive.RetryPolicy;
import dev.missive.spi.Destination;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses P09 to P15: what a publish says about itself is true. */
public interface PublishResultClauses {
  /**
   * P09.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "P09 close completes every accepted publish, as stored or as an error that tells the truth")
  default void close_completes(Lab lab) {
    Messaging messaging = lab.open("producer.deadline", "2s");
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    Duration deadline = Duration.ofSeconds(5);
    List<CompletionStage<Receipt>> stages = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      Message message = lab.message("k" + i % 10, "v");
      ids.add(message.id());
      stages.add(messaging.producer().publishAsync(message));
    }

    assertThat(closing(lab, messaging, deadline))
        .as("how long close took")
        .isLessThanOrEqualTo(deadline.plusSeconds(2).plus(lab.slack()));

    Messaging another = lab.open();
    Recorder seen = new Recorder();
    lab.consume(another, seen);
    List<String> stored = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      assertThat(stages.get(i).toCompletableFuture()).isDone();
      if (!stages.get(i).toCompletableFuture().isCompletedExceptionally()) {
        stored.add(ids.get(i));
      } else if (failure(stages.get(i)).outcome() == PublishException.Outcome.NOT_STORED) {
        refused.add(ids.get(i));
      }
    }
    lab.await("what is stored", () -> seen.ids().containsAll(stored));
    lab.untilSentinel(another, seen);
    assertThat(seen.ids()).as("ids, those refused left out").noneMatch(refused::contains);
  }

  /**
   * P09.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "P09 close returns within its deadline also when no result comes; what went out is UNKNOWN then")
  default void close_without_results(Lab lab) {
    Probe probe = lab.probe();
    Messaging messaging = lab.open(probe, "producer.deadline", "60s");
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    probe.withhold(Destination.Topic.class::isInstance);
    List<CompletionStage<Receipt>> stages = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      stages.add(messaging.producer().publishAsync(lab.message("v")));
    }
    lab.await("ten sends", () -> probe.sends(Destination.Topic.class::isInstance) == 10);
    Duration deadline = Duration.ofSeconds(2);

    assertThat(closing(lab, messaging, deadline))
        .as("how long close took")
        .isLessThanOrEqualTo(deadline.plusSeconds(2).plus(lab.slack()));

    // On another thread, which may take a moment.
    lab.await(
        "results of all", () -> stages.stream().allMatch(s -> s.toCompletableFuture().isDone()));
    for (CompletionStage<Receipt> stage : stages) {
      assertThat(failure(stage).outcome()).isEqualTo(PublishException.Outcome.UNKNOWN);
    }
  }

  private static Duration closing(Lab lab, Messaging messaging, Duration deadline) {
    Instant began = lab.now();
    lab.close(messaging, deadline);
    return Duration.between(began, lab.now());
  }

  /**
   * P10.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("P10 a topic that was never declared is refused, NOT_STORED, and not created")
  default void missing_topic(Lab lab) {
    Duration deadline = Duration.ofSeconds(60);
    Messaging messaging = lab.open("producer.deadline", deadline.toSeconds() + "s");
    Message lost = Message.of(lab.topic("never"), "k", new byte[1]);

    for (int i = 0; i < 2; i++) {
      Instant began = lab.now();
      assertThatThrownBy(() -> lab.call("publishing", () -> messaging.producer().publish(lost)))
          .as("publishing to a topic that nobody declared")
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> {
                assertThat(e.code()).isIn(ErrorCode.TOPIC_MISSING, ErrorCode.UNROUTABLE);
                assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
              });
      assertThat(Duration.between(began, lab.now())).as("how long").isLessThan(deadline);
    }
    // Who cannot look does not know whether there is a topic now.
    Control.Inventory objects = lab.control(Control.Inventory.class);
    assertThat(objects.topicExists(lab.topic("never"))).isFalse();
  }

  /**
   * P11.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "P11 an oversize message is refused with MSG-TOO-LARGE and the producer stays usable")
  default void oversize(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    int tooMuch = (int) Math.max(1_000_001, lab.traits().maxBytes() + 1);

    assertThatThrownBy(
            () -> messaging.producer().publish(Message.of(lab.topic(), new byte[tooMuch])))
        .as("publishing %s bytes", tooMuch)
        .hasMessageContaining("MSG-TOO-LARGE");
    messaging.producer().publish(lab.message("fits"));

    assertThat(lab.await(1, seen).get(0).text()).isEqualTo("fits");
  }

  /**
   * P12.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "P12 with results withheld exactly the window goes out; the next waits, or fails if so configured")
  default void window(Lab lab) {
    Probe probe = lab.probe();
    Messaging messaging = lab.open(probe, "producer.window", "10");
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    probe.withhold(Destination.Topic.class::isInstance);
    for (int i = 0; i < 10; i++) {
      messaging.producer().publishAsync(lab.message("v" + i));
    }
    lab.await("ten sends", () -> probe.sends(Destination.Topic.class::isInstance) == 10);
    Producer failing = messaging.producerBuilder().failWhenFull().build();

    CompletionStage<Receipt> over = failing.publishAsync(lab.message("over"));
    lab.await("a refusal for the full window", over.toCompletableFuture()::isDone);
    assertThat(failure(over).code()).isEqualTo(ErrorCode.BACKPRESSURE);
    Thread waiting = new Thread(() -> messaging.producer().publish(lab.message("waits")));
    waiting.setDaemon(true);
    waiting.start();
    lab.await(
        "the publisher waits",
        () ->
            waiting.getState() == Thread.State.WAITING
                || waiting.getState() == Thread.State.TIMED_WAITING);
    assertThat(messaging.counters().publishing().inFlight()).isEqualTo(10);
    assertThat(probe.sends(Destination.Topic.class::isInstance)).isEqualTo(10);

    probe.release();

    lab.await("the publisher goes on", () -> !waiting.isAlive());
    assertThat(probe.sends(Destination.Topic.class::isInstance)).isEqualTo(11);
  }

  /**
   * P12.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("alone")
  @DisplayName("P12 100,000 attempts while no result comes fit into a heap of 64 MB")
  default void flood(Lab lab) {
    try (ForkedVictim client = new ForkedVictim(lab, "64m", "open-withheld")) {
      String refused = client.command("flood", lab.topic(), lab.group(), "100000", "1024");
      assertThat(Integer.parseInt(refused)).as("refused for a full window").isEqualTo(99_000);
    }
  }

  /**
   * P13.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "P13 publishBatch returns one result per message in order; a bad one does not hide the others")
  default void results_of_a_batch(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);

    List<PublishResult> results =
        lab.call(
            "publishing",
            () ->
                messaging
                    .producer()
                    .publishBatch(
                        List.of(
                            lab.message("1"),
                            Message.of(lab.topic("not-there"), "k", new byte[1]),
                            lab.message("3"))));

    assertThat(results).extracting(PublishResult::stored).containsExactly(true, false, true);
    assertThat(results.get(1).error())
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> assertThat(e.code()).isIn(ErrorCode.TOPIC_MISSING, ErrorCode.UNROUTABLE));
    assertThat(lab.untilSentinel(messaging, seen)).containsExactly("1", "3");
  }

  /**
   * P14.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("P14 an atomic batch becomes visible completely or not at all")
  default void atomic_batch(Lab lab) {
    lab.needs(Capability.ATOMIC_BATCH);
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    Message lost = Message.of(lab.topic("not-there"), "k", new byte[1]);
    Message tooLarge =
        Message.of(lab.topic(), "k", new byte[(int) Math.max(1_000_001, lab.traits().maxBytes())]);

    Message later = lab.message("later").toBuilder().delay(Duration.ofSeconds(1)).build();
    List<Message> bads = new ArrayList<>(List.of(lost, tooLarge, later));
    if (!lab.has(Capability.PRIORITY)) {
      bads.add(lab.message("urgent").toBuilder().priority(5).build());
    }

    for (Message bad : bads) {
      List<Message> batch = List.of(lab.message("half"), bad, lab.message("other half"));
      assertThatThrownBy(
              () -> lab.call("publishing", () -> messaging.producer().publishAtomically(batch)))
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED));
    }
    assertThat(
            lab.call(
                "publishing",
                () ->
                    messaging
                        .producer()
                        .publishAtomically(List.of(lab.message("1"), lab.message("2")))))
        .hasSize(2);
    assertThat(lab.untilSentinel(messaging, seen)).containsExactly("1", "2");
  }

  /**
   * P15.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "P15 the same id twice is one message; retry copies, dead letters and redrives of that id are not swallowed")
  default void dedup(Lab lab) {
    lab.needs(Capability.DEDUP);
    Messaging messaging = lab.open();
    AtomicBoolean broken = new AtomicBoolean(true);
    Recorder seen =
        new Recorder(
            message -> {
              if (broken.get()) {
                throw new IllegalStateException("again");
              }
            });
    // Longer than what may wait in process, so that there are copies.
    Duration wait = lab.traits().waitInProcess().plusMillis(200);
    lab.consumeWith(
        messaging,
        builder -> builder.retry(RetryPolicy.exponential(wait, wait).maxAttempts(2)).handler(seen));
    Message twice = lab.message("twice");

    messaging.producer().publish(twice);
    messaging.producer().publish(twice);
    messaging.producer().publish(lab.message("other"));

    lab.await(
        "both dead-lettered",
        wait.multipliedBy(2).plus(lab.traits().deferPrecision()).plus(lab.broker().readyTimeout()),
        () -> messaging.counters().of(lab.topic(), lab.group()).deadLettered() == 2);
    assertThat(messaging.counters().of(lab.topic(), lab.group()).retried())
        .as("retry copies")
        .isEqualTo(2);
    assertThat(seen.texts()).containsExactlyInAnyOrder("twice", "twice", "other", "other");
    broken.set(false);
    long redriven =
        lab.call(
            "redriving",
            () -> {
              try (DeadLetters.Cursor cursor =
                  messaging.deadLetters().open(lab.topic(), lab.group())) {
                return cursor.redrive(DeadLetters.RedriveOptions.all()).redriven();
              }
            });
    assertThat(redriven).isEqualTo(2);
    lab.await(6, seen);
  }

  private static PublishException failure(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof PublishException failure) {
        return failure;
      }
      throw e;
    }
    throw new AssertionError("the publish succeeded");
  }
}
