package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.Topology;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Publishers;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.ConsumerInfo;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that threads, subscriptions, restarts and dead servers could cost. */
interface NatsConnectionTraps extends NatsTrap {
  /** jnats throws away what an interrupted thread publishes, without a word. */
  @Test
  default void interrupted_threads_publish_and_acknowledge() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open();
    Consumer consumer =
        lab()
            .start(
                messaging,
                message -> {
                  got.add(NatsLab.text(message));
                  Thread.currentThread().interrupt();
                });

    for (int i = 0; i < 20; i++) {
      Thread.currentThread().interrupt();
      var stage = messaging.producer().publishAsync(lab().message("m" + i)).toCompletableFuture();
      assertThat(Thread.interrupted()).isTrue();
      stage.join();
    }

    Eventually.await("all", () -> got.size() == 20);
    consumer.stop(Duration.ofSeconds(5));
    Topology.Depth depth = lab().open().topology().depth(lab().topic, NatsLab.GROUP);
    assertThat(depth.waiting() + depth.inFlight()).isZero();
  }

  /** jnats unsubscribes by a ping, and takes the third one that is out for a dead server. */
  @Test
  default void many_consumers_that_end_at_once_do_not_cost_the_connection() {
    Messaging messaging = lab().open();
    List<Consumer> consumers =
        IntStream.range(0, 20)
            .mapToObj(i -> messaging.consumer(lab().topic).group("g" + i).handler(m -> {}).build())
            .map(NatsLab::start)
            .toList();
    Instant since = messaging.health().connection().since();

    consumers.parallelStream().forEach(Consumer::pause);
    consumers.parallelStream().forEach(consumer -> consumer.stop(Duration.ofSeconds(5)));
    messaging.producer().publish(lab().message("x"));

    assertThat(messaging.health().connection().since()).isEqualTo(since);
  }

  @Test
  default void streams_in_memory_are_declared_again_after_a_restart() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    try (LiveBroker own = LiveBrokers.start(options().withProcess());
        NatsLab mine = new NatsLab(own)) {
      Messaging messaging = mine.open("nats.storage", "memory");
      mine.start(messaging, message -> got.add(NatsLab.text(message)));
      messaging.producer().publish(mine.message("before"));
      Eventually.await("the first", () -> got.contains("before"));

      own.node().restart();

      Eventually.await(
          "it goes on",
          Duration.ofSeconds(30),
          () -> {
            try {
              messaging.producer().publish(mine.message("after"));
            } catch (PublishException e) {
              // Until it is declared again.
            }
            return got.contains("after");
          });
      Eventually.await(
          "it says what was lost",
          () -> messaging.health().warnings().stream().anyMatch(w -> w.contains("may be lost")));
    }
  }

  @Test
  default void a_dead_server_behind_an_open_socket_is_noticed() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    try (LiveBroker own = LiveBrokers.start(options().withProcess().withProxy());
        NatsLab mine = new NatsLab(own)) {
      Messaging messaging = mine.open("nats.ping-interval", "200ms");
      mine.start(messaging, message -> got.add(NatsLab.text(message)));
      var proxy = own.node().proxy().orElseThrow();

      proxy.blackhole();
      Eventually.await(
          "the loss is noticed",
          Duration.ofSeconds(5),
          () -> messaging.health().connection().state() == ConnectionState.RECONNECTING);
      var published = messaging.producer().publishAsync(mine.message("x")).toCompletableFuture();
      proxy.heal();

      published.orTimeout(120, TimeUnit.SECONDS).join();
      Eventually.await("it arrives", () -> got.contains("x"));
    }
  }

  /** What is written vanishes without an error; only pings tell, and input alone puts them off. */
  @ParameterizedTest(
      name = "F03 a dead server is noticed within 30 s with default settings, publishing={0}")
  @ValueSource(booleans = {false, true})
  @Tag("full")
  default void a_dead_server_behind_an_open_socket_is_noticed_in_half_a_minute_by_default(
      boolean publishing) {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    try (LiveBroker own = LiveBrokers.start(options().withProcess().withProxy());
        NatsLab mine = new NatsLab(own)) {
      // Room for all that is published into nothing; the rest is as it is by default.
      Messaging messaging = mine.open("producer.window", "100000");
      mine.start(messaging, message -> got.add(NatsLab.text(message)));
      messaging.producer().publish(mine.message("before"));
      Eventually.await("the first", () -> got.contains("before"));
      var proxy = own.node().proxy().orElseThrow();

      proxy.blackhole();
      Eventually.await(
          "the loss is noticed",
          Duration.ofSeconds(30),
          () -> {
            if (publishing) {
              messaging.producer().publishAsync(mine.message("into nothing"));
            }
            return messaging.health().connection().state() == ConnectionState.RECONNECTING;
          });
      proxy.heal();

      messaging.producer().publish(mine.message("after"));
      Eventually.await("it goes on", Duration.ofSeconds(30), () -> got.contains("after"));
    }
  }

  /** Its consumer still has what came while nobody pulled. */
  @Test
  default void a_broadcast_gets_what_came_while_its_pull_was_broken() throws Exception {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    try (LiveBroker own = LiveBrokers.start(options().withProcess().withProxy());
        NatsLab mine = new NatsLab(own)) {
      Messaging messaging = mine.open("nats.ping-interval", "30s");
      messaging.topology().declareTopic(mine.topic);
      NatsLab.start(
          messaging
              .consumer(mine.topic)
              .broadcast()
              .handler(message -> got.add(NatsLab.text(message)))
              .build());
      messaging.producer().publish(mine.message("before"));
      Eventually.await("the first", () -> got.contains("before"));
      Instant since = messaging.health().connection().since();
      Connection raw = mine.raw();
      JetStreamManagement js = raw.jetStreamManagement();
      var proxy = own.node().proxy().orElseThrow();

      proxy.delay(Duration.ofSeconds(5));
      Eventually.await("nobody pulls", Duration.ofSeconds(20), () -> pulls(js, mine.topic) == 0);
      raw.jetStream().publish(mine.topic, "meanwhile".getBytes(UTF_8));
      proxy.heal();

      Eventually.await(
          "what came meanwhile", Duration.ofSeconds(40), () -> got.contains("meanwhile"));
      assertThat(messaging.health().connection().since()).isEqualTo(since);
    }
  }

  private static long pulls(JetStreamManagement js, String topic) {
    try {
      return js.getConsumers(NatsNames.DEFAULT.stream(topic)).stream()
          .mapToLong(ConsumerInfo::getNumWaiting)
          .sum();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** For longer than a lease, so that it gives out again what the client held. */
  @Test
  default void a_server_that_stood_still_loses_nothing_and_everybody_goes_on() {
    History history = new History();
    Set<Integer> attempts = ConcurrentHashMap.newKeySet();
    Set<Long> deliveries = ConcurrentHashMap.newKeySet();
    AtomicBoolean held = new AtomicBoolean();
    CountDownLatch resumed = new CountDownLatch(1);
    try (LiveBroker own = LiveBrokers.start(options().withProcess());
        NatsLab mine = new NatsLab(own)) {
      Messaging messaging = mine.open("nats.ping-interval", "500ms", "nats.ack-wait", "3s");
      Handler handler =
          message -> {
            attempts.add(message.attempt());
            message
                .unwrap(io.nats.client.Message.class)
                .ifPresent(raw -> deliveries.add(raw.metaData().deliveredCount()));
            if (held.get()) {
              resumed.await();
            }
          };
      mine.start(messaging, history.recording(NatsLab.GROUP, handler));
      try (Publishers load = Publishers.start(messaging, mine.topic, history, 1)) {
        load.more(300);
        held.set(true);
        load.more(300);

        own.node().pause();
        long began = System.nanoTime();
        NatsLab.awaitState(messaging, ConnectionState.RECONNECTING, "the connection was lost: .+");
        Eventually.await(
            "a lease and more",
            Duration.ofSeconds(10),
            () -> System.nanoTime() - began > Duration.ofSeconds(5).toNanos());
        own.node().resume();
        resumed.countDown();
        load.more(300);

        load.settle(NatsLab.GROUP);
      }
      assertThat(deliveries).as("how often the server gave them out").contains(1L, 2L);
      assertThat(attempts).as("no run has failed").containsExactly(1);
      NatsLab.awaitState(messaging, ConnectionState.CONNECTED, "connected again");
      mine.audit(history);
    }
  }

  /** The server cuts off who does not read fast enough, and counts as delivered what it sent. */
  @Test
  default void a_client_whose_network_is_too_slow_is_cut_off_and_loses_nothing() {
    int count = 3000;
    byte[] payload = new byte[8192];
    Set<String> handled = ConcurrentHashMap.newKeySet();
    Set<Integer> attempts = ConcurrentHashMap.newKeySet();
    BrokerOptions strict =
        options()
            .withProcess()
            .withProxy()
            .withConfig("max_pending", "4194304")
            .withConfig("write_deadline", "\"1s\"");
    try (LiveBroker own = LiveBrokers.start(strict);
        NatsLab mine = new NatsLab(own)) {
      // So that it does not give the connection up itself.
      Messaging slow = mine.open("nats.ping-interval", "1m", "nats.ack-wait", "3s");
      NatsLab.start(
          slow.consumer(mine.topic)
              .group(NatsLab.GROUP)
              .maxInFlight(count)
              .handler(
                  message -> {
                    attempts.add(message.attempt());
                    handled.add(message.id());
                  })
              .build());
      Messaging fast = mine.open("nats.servers", own.directUrl());
      var proxy = own.node().proxy().orElseThrow();
      long connections = proxy.accepted();

      proxy.throttle(500_000);
      for (int i = 0; i < count; i++) {
        Message message = Message.builder(mine.topic).id("m" + i).payload(payload).build();
        fast.producer().publishAsync(message);
      }
      fast.producer().flush();
      Eventually.await(
          "it is cut off", Duration.ofSeconds(60), () -> proxy.accepted() > connections);
      proxy.heal();

      Eventually.await("all are handled", Duration.ofSeconds(60), () -> handled.size() == count);
      assertThat(attempts).as("no run has failed").containsExactly(1);
      NatsLab.awaitState(slow, ConnectionState.CONNECTED, "connected again");
    }
  }
}
