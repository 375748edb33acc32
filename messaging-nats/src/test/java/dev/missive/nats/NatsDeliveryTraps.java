package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import io.nats.client.JetStreamManagement;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who gets which message, how often, and in which order. */
interface NatsDeliveryTraps extends NatsTrap {
  /** Delayed messages count as pending: at the limit a consumer gets nothing new. */
  @Test
  default void waiting_retries_do_not_stall_new_messages() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open("nats.max-ack-pending", "4");
    NatsLab.start(
        messaging
            .consumer(lab().topic)
            .group(NatsLab.GROUP)
            .retry(
                dev.missive.RetryPolicy.exponential(Duration.ofMinutes(1), Duration.ofMinutes(1)))
            .handler(
                message -> {
                  if (NatsLab.text(message).startsWith("bad")) {
                    throw new IllegalStateException("fails");
                  }
                  got.add(NatsLab.text(message));
                })
            .build());
    for (int i = 0; i < 20; i++) {
      messaging.producer().publish(lab().message("bad" + i));
    }

    messaging.producer().publish(lab().message("good"));

    Eventually.await("the good one", () -> got.contains("good"));
  }

  @Test
  default void attempts_count_failed_runs_and_nothing_else() {
    Queue<Integer> attempts = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open();
    messaging.topology().declare(lab().topic, NatsLab.GROUP);
    messaging.producer().publish(lab().message("x"));
    for (int i = 0; i < 3; i++) {
      // Taken, held and given back: each raises the server's own count.
      Queue<String> seen = new ConcurrentLinkedQueue<>();
      CountDownLatch never = new CountDownLatch(1);
      Consumer consumer =
          messaging
              .consumer(lab().topic)
              .group(NatsLab.GROUP)
              .handler(
                  message -> {
                    seen.add("x");
                    never.await();
                  })
              .build();
      NatsLab.start(consumer);
      Eventually.await("it is held", () -> !seen.isEmpty());
      consumer.stop(Duration.ofMillis(1));
    }

    lab()
        .start(
            messaging,
            message -> {
              attempts.add(message.attempt());
              if (message.attempt() < 3) {
                throw new IllegalStateException("fails");
              }
            });

    Eventually.await("three runs", () -> attempts.size() >= 3);
    assertThat(attempts).containsExactly(1, 2, 3);
  }

  /** What is held back or given back raises the server's own count. */
  @Test
  default void delays_and_pauses_are_no_attempts() {
    Queue<Integer> attempts = new ConcurrentLinkedQueue<>();
    Queue<Long> deliveries = new ConcurrentLinkedQueue<>();
    CountDownLatch release = new CountDownLatch(1);
    Messaging messaging = lab().open();
    Consumer consumer =
        lab()
            .start(
                messaging,
                message -> {
                  attempts.add(message.attempt());
                  message
                      .unwrap(io.nats.client.Message.class)
                      .ifPresent(raw -> deliveries.add(raw.metaData().deliveredCount()));
                  release.await();
                });
    messaging.producer().publish(lab().delayed("later", Duration.ofSeconds(3)));
    for (int i = 0; i < 5; i++) {
      messaging.producer().publish(lab().message("m" + i));
    }
    Eventually.await("one runs", () -> !attempts.isEmpty());

    consumer.pause();
    release.countDown();
    consumer.resume();

    Eventually.await("all", () -> attempts.size() >= 6);
    assertThat(attempts).hasSize(6).containsOnly(1);
    assertThat(deliveries).as("how often the server gave them out").contains(2L);
  }

  @Test
  default void a_paused_consumer_leaves_new_messages_to_others() {
    Queue<String> mine = new ConcurrentLinkedQueue<>();
    Queue<String> theirs = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open();
    Consumer paused = lab().start(messaging, message -> mine.add(NatsLab.text(message)));
    messaging.producer().publish(lab().message("before"));
    Eventually.await("the first", () -> mine.contains("before"));

    paused.pause();
    lab().start(lab().open(), message -> theirs.add(NatsLab.text(message)));
    for (int i = 0; i < 20; i++) {
      messaging.producer().publish(lab().message("m" + i));
    }
    Eventually.await("the other gets them", () -> theirs.size() == 20);
    paused.resume();
    for (int i = 0; i < 200 && mine.size() < 2; i++) {
      messaging.producer().publish(lab().message("n" + i));
    }

    Eventually.await("it goes on", () -> mine.size() > 1);
  }

  @Test
  default void a_window_of_one_still_gets_its_retries_in_time() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open("nats.ack-wait", "30s");
    NatsLab.start(
        messaging
            .consumer(lab().topic)
            .group(NatsLab.GROUP)
            .maxInFlight(1)
            .retry(NatsLab.QUICK)
            .handler(
                message -> {
                  got.add(NatsLab.text(message) + message.attempt());
                  if (message.attempt() == 1) {
                    throw new IllegalStateException("fails");
                  }
                })
            .build());

    long began = System.nanoTime();
    messaging.producer().publish(lab().message("x"));

    Eventually.await("the retry", () -> got.contains("x2"));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
  }

  @Test
  default void a_slow_consumer_holds_its_window_and_leaves_the_rest_to_others() {
    Queue<String> slow = new ConcurrentLinkedQueue<>();
    Queue<String> quick = new ConcurrentLinkedQueue<>();
    CountDownLatch release = new CountDownLatch(1);
    Messaging messaging = lab().open();
    NatsLab.start(
        messaging
            .consumer(lab().topic)
            .group(NatsLab.GROUP)
            .maxInFlight(10)
            .handler(
                message -> {
                  release.await();
                  slow.add(NatsLab.text(message));
                })
            .build());
    List<String> sent = IntStream.range(0, 500).mapToObj(Integer::toString).toList();
    sent.subList(0, 100).forEach(text -> messaging.producer().publish(lab().message(text)));
    Eventually.await(
        "the window is full",
        () -> messaging.topology().depth(lab().topic, NatsLab.GROUP).inFlight() == 10);

    lab().start(lab().open(), message -> quick.add(NatsLab.text(message)));
    sent.subList(100, 500).forEach(text -> messaging.producer().publish(lab().message(text)));

    Eventually.await("the rest", () -> quick.size() == 490);
    release.countDown();
    Eventually.await("what it held", () -> slow.size() == 10);
    quick.addAll(slow);
    assertThat(quick).containsExactlyInAnyOrderElementsOf(sent);
  }

  /** For instance by the server, because a full window asked for nothing for so long. */
  @Test
  default void a_broadcast_whose_consumer_was_removed_goes_on_where_it_was() throws Exception {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    CountDownLatch release = new CountDownLatch(1);
    Messaging messaging = lab().open();
    messaging.topology().declareTopic(lab().topic);
    NatsLab.start(
        messaging
            .consumer(lab().topic)
            .broadcast()
            .maxInFlight(1)
            .handler(
                message -> {
                  got.add(NatsLab.text(message));
                  release.await();
                })
            .build());
    messaging.producer().publish(lab().message("first"));
    Eventually.await("the first", () -> got.contains("first"));
    messaging.producer().publish(lab().message("second"));
    JetStreamManagement js = lab().raw().jetStreamManagement();
    String stream = NatsNames.DEFAULT.stream(lab().topic);

    js.deleteConsumer(stream, js.getConsumerNames(stream).get(0));
    release.countDown();

    Eventually.await("the second", () -> got.contains("second"));
    messaging.producer().publish(lab().message("third"));
    Eventually.await("the third", () -> got.contains("third"));
    assertThat(got).containsExactly("first", "second", "third");
  }

  @Test
  default void ten_thousand_messages_arrive_once_and_in_order() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open();
    lab().start(messaging, message -> got.add(NatsLab.text(message)));
    List<String> sent = IntStream.range(0, 10_000).mapToObj(Integer::toString).toList();

    sent.forEach(text -> messaging.producer().publishAsync(lab().message(text)));

    Eventually.await("all", Duration.ofSeconds(60), () -> got.size() >= sent.size());
    assertThat(got).containsExactlyElementsOf(sent);
  }
}
