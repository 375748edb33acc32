package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Capability;
import dev.missive.ConnectionState;
import dev.missive.DeadLetters;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.NotRetryableException;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Publishers;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.Direction;
import dev.missive.testkit.proxy.TcpProxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What has to work on every version. */
abstract class NatsFlow {
  private final NatsLab lab = new NatsLab(LiveBrokers.shared(options()));

  abstract BrokerOptions options();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void every_field_of_a_message_arrives() {
    Queue<ReceivedMessage> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    lab.start(messaging, got::add);
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS).minusSeconds(60);
    Message sent =
        Message.builder(lab.topic)
            .id("id with ünïcode")
            .type("order.created")
            .keyBytes(new byte[] {0, -1, 10})
            .payload(new byte[] {1, 2, 0, -128})
            .contentType("application/json")
            .correlationId(" c ")
            .timestamp(now)
            .maxAttempts(7)
            .timeToLive(Duration.ofMinutes(5))
            .headers(Map.of("plain", "100%", "blank", "  x ", "empty", "", "snow", "☃ %41"))
            .build();

    messaging.producer().publish(sent);

    Eventually.await("the message", () -> !got.isEmpty());
    ReceivedMessage received = got.element();
    assertThat(received.id()).isEqualTo(sent.id());
    assertThat(received.topic()).isEqualTo(lab.topic);
    assertThat(received.type()).isEqualTo("order.created");
    assertThat(received.keyBuffer()).isEqualTo(ByteBuffer.wrap(new byte[] {0, -1, 10}));
    assertThat(received.payload()).isEqualTo(new byte[] {1, 2, 0, -128});
    assertThat(received.contentType()).isEqualTo("application/json");
    assertThat(received.correlationId()).isEqualTo(" c ");
    assertThat(received.timestamp()).isEqualTo(now);
    assertThat(received.headers()).isEqualTo(sent.headers());
    assertThat(received.attempt()).isEqualTo(1);
    assertThat(received.position()).isNotNull();
    assertThat(received.expiresAt()).isEqualTo(now.plus(Duration.ofMinutes(5)));
    assertThat(received.unwrap(io.nats.client.Message.class)).isPresent();
  }

  @Test
  void absent_and_empty_differ() {
    Queue<ReceivedMessage> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    lab.start(messaging, got::add);

    messaging.producer().publish(Message.builder(lab.topic).key(null).payload(null).build());
    messaging.producer().publish(Message.builder(lab.topic).key("").payload(new byte[0]).build());

    Eventually.await("both", () -> got.size() == 2);
    ReceivedMessage tombstone = got.remove();
    assertThat(tombstone.key()).isNull();
    assertThat(tombstone.payload()).isNull();
    ReceivedMessage empty = got.remove();
    assertThat(empty.key()).isEmpty();
    assertThat(empty.payload()).isEmpty();
  }

  /** A copy with the server's id header would be taken for the original and vanish. */
  @Test
  void every_retry_arrives_although_the_server_drops_duplicates() {
    Queue<Integer> attempts = new ConcurrentLinkedQueue<>();
    Queue<Integer> others = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open("nats.dedup", "true");
    lab.start(
        messaging,
        message -> {
          attempts.add(message.attempt());
          throw new IllegalStateException("fails");
        });
    NatsLab.start(
        messaging
            .consumer(lab.topic)
            .group("other")
            .retry(NatsLab.QUICK)
            .handler(
                message -> {
                  others.add(message.attempt());
                  throw new IllegalStateException("fails too");
                })
            .build());

    messaging.producer().publish(lab.message("x"));

    Eventually.await(
        "the dead letters",
        () ->
            messaging.deadLetters().count(lab.topic, NatsLab.GROUP) == 1
                && messaging.deadLetters().count(lab.topic, "other") == 1);
    assertThat(attempts).containsExactly(1, 2, 3);
    assertThat(others).containsExactly(1, 2, 3);
  }

  @Test
  void dead_letters_are_peeked_and_redriven() {
    AtomicBoolean broken = new AtomicBoolean(true);
    Queue<String> handled = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    lab.start(
        messaging,
        message -> {
          if (broken.get()) {
            throw new NotRetryableException("broken");
          }
          handled.add(NatsLab.text(message));
        });
    messaging.producer().publish(lab.message("x"));
    DeadLetters letters = messaging.deadLetters();
    Eventually.await("the letter", () -> letters.count(lab.topic, NatsLab.GROUP) == 1);

    for (int i = 0; i < 25; i++) {
      try (DeadLetters.Cursor cursor = letters.open(lab.topic, NatsLab.GROUP)) {
        List<DeadLetters.Letter> page = cursor.next(10);
        assertThat(page).as("peek " + i).hasSize(1);
        assertThat(NatsLab.text(page.get(0).message())).isEqualTo("x");
      }
    }
    broken.set(false);
    try (DeadLetters.Cursor cursor = letters.open(lab.topic, NatsLab.GROUP)) {
      cursor.redrive(DeadLetters.RedriveOptions.all());
    }

    Eventually.await("it is handled", () -> handled.contains("x"));
    Eventually.await("no letter", () -> letters.count(lab.topic, NatsLab.GROUP) == 0);
  }

  @Test
  void handlers_longer_than_ack_wait_run_once() throws Exception {
    Queue<String> runs = new ConcurrentLinkedQueue<>();
    Queue<String> ends = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open("nats.ack-wait", "2s");
    CountDownLatch release = new CountDownLatch(1);
    NatsLab.start(
        messaging
            .consumer(lab.topic)
            .group(NatsLab.GROUP)
            .concurrency(4)
            .handler(
                message -> {
                  runs.add(NatsLab.text(message));
                  if (NatsLab.text(message).equals("long")) {
                    release.await();
                  }
                  ends.add(NatsLab.text(message));
                })
            .build());

    messaging.producer().publish(Message.of(lab.topic, "long".getBytes(UTF_8)));
    Eventually.await("it runs", () -> runs.contains("long"));
    // Several leases long: what is delayed by four of them arrives afterwards.
    messaging
        .producer()
        .publish(
            Message.builder(lab.topic)
                .payload("later".getBytes(UTF_8))
                .delay(Duration.ofSeconds(8))
                .build());
    Eventually.await("what came later", Duration.ofSeconds(60), () -> ends.contains("later"));
    release.countDown();

    Eventually.await("the end", () -> ends.contains("long"));
    assertThat(runs).containsOnlyOnce("long");
  }

  @Test
  void a_killed_server_loses_nothing_it_acknowledged() {
    int kills = 2;
    History history = new History();
    Set<String> failed = ConcurrentHashMap.newKeySet();
    try (LiveBroker own = LiveBrokers.start(options().withProcess());
        NatsLab mine = new NatsLab(own)) {
      Messaging messaging = mine.open("nats.ack-wait", "5s");
      mine.start(messaging, history.recording(NatsLab.GROUP, NatsLab.failingOnce(failed)));
      try (Publishers load = Publishers.start(messaging, mine.topic, history, 4)) {
        load.more(300);
        for (int i = 0; i < kills; i++) {
          own.node().kill();
          NatsLab.awaitState(
              messaging, ConnectionState.RECONNECTING, "the connection was lost: .+");
          own.node().start();
          NatsLab.awaitState(messaging, ConnectionState.CONNECTED, "connected again");
          load.more(300);
        }
        load.settle(NatsLab.GROUP);
      }
      Eventually.await("the second runs", Duration.ofSeconds(60), failed::isEmpty);
      // A death costs what was not settled, and acknowledgements that were not written down.
      assertThat(history.check(History.Rules.atLeastOnce(2 * kills).group(NatsLab.GROUP)))
          .isEmpty();
      mine.audit(history);
    }
  }

  /** In both directions, wherever in a frame that is. */
  @Test
  @Tag("full")
  void a_network_that_is_cut_again_and_again_loses_nothing() {
    int cuts = 10;
    long seed = System.nanoTime();
    Random random = new Random(seed);
    History history = new History();
    Set<String> failed = ConcurrentHashMap.newKeySet();
    try (LiveBroker own = LiveBrokers.start(options().withProcess().withProxy());
        NatsLab mine = new NatsLab(own)) {
      TcpProxy proxy = own.node().proxy().orElseThrow();
      Messaging messaging = mine.open("nats.ack-wait", "3s");
      mine.start(messaging, history.recording(NatsLab.GROUP, NatsLab.failingOnce(failed)));
      try (Publishers load = Publishers.start(messaging, mine.topic, history, 4)) {
        for (int i = 0; i < cuts; i++) {
          load.more(100);
          long connections = proxy.accepted();
          proxy.cutAfter(Direction.values()[i % 2], 1 + random.nextInt(20_000));
          Eventually.await(
              "cut " + i + " of seed " + seed,
              Duration.ofSeconds(60),
              () -> proxy.accepted() > connections);
        }
        load.more(100);
        load.settle(NatsLab.GROUP);
        assertThat(load.failures()).isEmpty();
      }
      Eventually.await("the second runs", Duration.ofSeconds(60), failed::isEmpty);
      NatsLab.awaitState(messaging, ConnectionState.CONNECTED, "connected again");
      assertThat(history.check(History.Rules.atLeastOnce(cuts).group(NatsLab.GROUP)))
          .as("seed " + seed)
          .isEmpty();
      mine.audit(history);
    }
  }

  @Test
  void key_order_and_patterns_are_refused() {
    Messaging messaging = lab.open();
    for (Capability capability : List.of(Capability.KEY_ORDER, Capability.WILDCARD)) {
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () ->
                  messaging
                      .consumer(lab.topic)
                      .group(NatsLab.GROUP)
                      .require(capability)
                      .handler(message -> {})
                      .build()
                      .start())
          .hasMessageContaining("MSG-CAPABILITY-MISSING")
          .hasMessageContaining(capability.name())
          .hasMessageContaining("does not support it yet");
    }
  }
}
