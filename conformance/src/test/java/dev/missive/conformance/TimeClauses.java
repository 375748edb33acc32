package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.*;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface TimeClauses extends Clauses {
  @Test
  @DisplayName(
      "T01 T02 delayed messages are handled by due time, never early, and do not block each other")
  default void delays() {
    lab().virtual();
    Messaging messaging = lab().open();
    Map<String, Instant> handled = new ConcurrentHashMap<>();
    List<String> order = new CopyOnWriteArrayList<>();
    consume(
        messaging,
        m -> {
          handled.put(new String(m.payload()), lab().time.now());
          order.add(new String(m.payload()));
        });
    Instant start = lab().time.now();
    for (int seconds : new int[] {600, 5, 60, 1, 0}) {
      messaging
          .producer()
          .publish(
              Message.builder(TOPIC).text("" + seconds).delay(Duration.ofSeconds(seconds)).build());
    }
    messaging
        .producer()
        .publish(Message.builder(TOPIC).text("30").deliverAt(start.plusSeconds(30)).build());
    messaging
        .producer()
        .publish(Message.builder(TOPIC).text("-1").deliverAt(start.minusSeconds(1)).build());

    lab().time.advance(Duration.ofMinutes(11));

    assertThat(order).containsExactly("0", "-1", "1", "5", "30", "60", "600");
    handled.forEach(
        (text, at) -> {
          Instant due = start.plusSeconds(Math.max(0, Long.parseLong(text)));
          assertThat(at).isBetween(due, due.plusSeconds(2));
        });
  }

  @Test
  @DisplayName("T03 delayed messages survive the death of the client and a restart of the broker")
  default void delay_survives() {
    lab().virtual();
    Messaging victim = lab().open("application", "victim");
    victim.topology().declare(TOPIC, GROUP);
    victim
        .producer()
        .publish(Message.builder(TOPIC).text("later").delay(Duration.ofMinutes(1)).build());
    lab().broker.abandon("victim");
    lab().broker.restart();
    Recorder seen = new Recorder();
    consume(lab().open(), seen);
    lab().time.advance(Duration.ofSeconds(59));
    assertThat(seen.runs()).isEmpty();
    lab().time.advance(Duration.ofSeconds(2));
    assertThat(seen.texts()).containsExactly("later");
  }

  @Test
  @DisplayName(
      "T04 an expired message is not handled, an almost expired one is; its own time to live wins")
  default void expiry() {
    lab().virtual();
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, GROUP);
    Producer producer = messaging.producerBuilder().timeToLive(Duration.ofSeconds(10)).build();
    producer.publish(message("a", "default"));
    producer.publish(
        Message.builder(TOPIC).text("longer").timeToLive(Duration.ofSeconds(20)).build());
    messaging.producer().publish(message("b", "for ever"));
    lab().time.advance(Duration.ofMillis(19_999));
    Recorder seen = new Recorder();

    consume(messaging, seen);
    lab().time.settle();

    assertThat(seen.texts()).containsExactly("longer", "for ever");
    Counters.Subscription counts = messaging.counters().of(TOPIC, GROUP);
    assertThat(counts.expired()).isEqualTo(1);
    assertThat(counts.dropped()).isEqualTo(1);
    assertThat(messaging.deadLetters().count(TOPIC, GROUP)).isZero();
  }

  @Test
  @DisplayName("T04 expired messages are dead-lettered if so configured")
  default void expired_letters() {
    lab().virtual();
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, GROUP);
    messaging
        .producer()
        .publish(Message.builder(TOPIC).text("x").timeToLive(Duration.ofSeconds(1)).build());
    lab().time.advance(Duration.ofSeconds(1));
    consumeWith(messaging, builder -> builder.deadLetterExpired().handler(m -> {}));
    lab().time.settle();
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.next(1).get(0).reason()).isEqualTo(DeadLetters.Reason.EXPIRED);
    }
  }

  @Test
  @DisplayName("T05 higher priority is handled first")
  default void priority() {
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, GROUP);
    for (int priority : new int[] {0, 5, 9, 3, 9, 0, 7}) {
      messaging
          .producer()
          .publish(Message.builder(TOPIC).text("" + priority).priority(priority).build());
    }
    Recorder seen = new Recorder();
    consumeWith(messaging, builder -> builder.maxInFlight(1).handler(seen));
    seen.await(7);
    assertThat(seen.texts()).containsExactly("9", "9", "7", "5", "3", "0", "0");
  }
}
