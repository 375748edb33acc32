package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.Topology;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.ConsumerInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

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
    java.time.Instant since = messaging.health().connection().since();

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

      published.orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join();
      Eventually.await("it arrives", () -> got.contains("x"));
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
      java.time.Instant since = messaging.health().connection().since();
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
  default void a_server_that_stood_still_loses_nothing_and_everybody_goes_on() throws Exception {
    Set<String> receipts = ConcurrentHashMap.newKeySet();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    Set<Integer> attempts = ConcurrentHashMap.newKeySet();
    AtomicBoolean enough = new AtomicBoolean();
    try (LiveBroker own = LiveBrokers.start(options().withProcess());
        NatsLab mine = new NatsLab(own)) {
      Messaging messaging = mine.open("nats.ping-interval", "500ms");
      mine.start(
          messaging,
          message -> {
            attempts.add(message.attempt());
            handled.add(message.id());
          });
      Thread publisher =
          new Thread(
              () -> {
                while (!enough.get()) {
                  try {
                    receipts.add(messaging.producer().publish(mine.message("x")).id());
                  } catch (PublishException e) {
                    // No receipt, no promise.
                  }
                }
              });
      publisher.start();
      Eventually.await("load", () -> handled.size() > 300);

      own.node().pause();
      long began = System.nanoTime();
      Eventually.await(
          "the loss is noticed",
          Duration.ofSeconds(10),
          () -> messaging.health().connection().state() == ConnectionState.RECONNECTING);
      String reason = messaging.health().connection().reason();
      Eventually.await(
          "a lease and more",
          Duration.ofSeconds(10),
          () -> System.nanoTime() - began > Duration.ofSeconds(5).toNanos());
      own.node().resume();

      int before = handled.size();
      Eventually.await(
          "load after it", Duration.ofSeconds(30), () -> handled.size() > before + 300);
      enough.set(true);
      publisher.join();
      Eventually.await(
          "every receipt is handled", Duration.ofSeconds(30), () -> handled.containsAll(receipts));
      assertThat(reason).isNotBlank();
      assertThat(attempts).as("no run has failed").containsExactly(1);
      assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CONNECTED);
    }
  }
}
