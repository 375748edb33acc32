package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ConnectionState;
import dev.missive.ConsumerState;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Publishers;
import java.time.Duration;
import java.util.List;

/**
 * Two groups that see what a test does to the broker: one keeps order per key, and its retries wait
 * in process; those of the other wait at the broker, as copies.
 */
final class Witnesses {
  private static final Duration PATIENCE = Duration.ofSeconds(180);
  private static final String ORDERED = "ordered";
  private static final String COPYING = "copying";
  private static final RetryPolicy SOON =
      RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofMillis(50));
  private static final RetryPolicy AT_THE_BROKER =
      RetryPolicy.exponential(Duration.ofSeconds(2), Duration.ofSeconds(2));

  private final Messaging messaging;
  private final String topic;
  private final History history;
  private final Flaky inProcess = new Flaky();
  private final Flaky copied = new Flaky();

  /** Both handle what is published to the topic of that lab from now on. */
  Witnesses(RabbitLab lab, Messaging messaging, History history) {
    this.messaging = messaging;
    this.topic = lab.topic;
    this.history = history;
    lab.start(
        messaging,
        topic,
        ORDERED,
        history.recording(ORDERED, inProcess),
        builder -> builder.concurrency(4).ordering(Ordering.KEY).retry(SOON));
    lab.start(
        messaging,
        topic,
        COPYING,
        history.recording(COPYING, copied),
        builder -> builder.concurrency(4).retry(AT_THE_BROKER));
  }

  private static void madeGood(String where, Flaky flaky) {
    try {
      Eventually.await("retries " + where, PATIENCE, flaky::madeGood);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "; owing " + flaky.owing(), e);
    }
  }

  /** What has a receipt is handled, what has failed is handled again, and all is well. */
  void settle(Publishers load) {
    load.settle(ORDERED);
    load.settle(COPYING);
    madeGood("in process", inProcess);
    madeGood("at the broker", copied);
    // What was under way when something broke comes again, as often as that was.
    assertThat(history.check(new History.Rules(List.of(ORDERED), true, Integer.MAX_VALUE)))
        .isEmpty();
    assertThat(history.check(History.Rules.atLeastOnce(Integer.MAX_VALUE).group(COPYING)))
        .isEmpty();
    assertThat(messaging.deadLetters().count(topic, ORDERED)).isZero();
    assertThat(messaging.deadLetters().count(topic, COPYING)).isZero();
    Eventually.await(
        "a link",
        PATIENCE,
        () -> messaging.health().connection().state() == ConnectionState.CONNECTED);
    Eventually.await(
        "consumers that run",
        PATIENCE,
        () ->
            messaging.health().consumers().stream()
                .allMatch(consumer -> consumer.state() == ConsumerState.RUNNING));
  }

  long runs() {
    return history.runs(ORDERED) + history.runs(COPYING);
  }
}
