package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ConnectionState;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Publishers;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.Direction;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A broker that is killed, cut off, silent or full, and that comes back. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitFaultsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(180);
  private static final Map<Boolean, LiveBroker> STARTED = new ConcurrentHashMap<>();

  private final LiveBroker broker;
  private final TcpProxy proxy;
  private final RabbitLab lab;

  RabbitFaultsTest(boolean oldest) {
    broker =
        STARTED.computeIfAbsent(
            oldest,
            which ->
                LiveBrokers.start(
                    which
                        ? Brokers.rabbitmq().withOldest().withProcess().withProxy()
                        : Brokers.rabbitmq().withProcess().withProxy()));
    proxy = broker.node().proxy().orElseThrow();
    lab = new RabbitLab(broker);
  }

  @BeforeEach
  void heal() {
    proxy.heal();
  }

  @AfterEach
  void close() throws Exception {
    proxy.heal();
    lab.close();
  }

  @AfterAll
  static void stop() {
    STARTED.values().forEach(LiveBroker::close);
    STARTED.clear();
  }

  @Test
  void what_had_a_receipt_is_handled_after_kill_9_under_load() {
    Messaging messaging =
        open(Map.of("producer.deadline", "120s", "rabbitmq.retry-delay-max", "1s"));
    History history = new History();
    Witnesses witnesses = new Witnesses(lab, messaging, history);
    try (Publishers load = Publishers.start(messaging, lab.topic, history, 4)) {
      load.more(300);
      lab.settled();

      broker.node().restart();
      load.more(300);

      witnesses.settle(load);
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void order_per_key_holds_while_the_link_is_cut_again_and_again() {
    Messaging messaging = open(Map.of());
    List<Integer> order = new CopyOnWriteArrayList<>();
    lab.start(
        messaging,
        lab.topic,
        "g",
        m -> order.add(Integer.parseInt(new String(m.payload()))),
        builder -> builder);
    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();

    for (int i = 0; i < 2000; i++) {
      receipts.add(
          messaging
              .producer()
              .publishAsync(Message.builder(lab.topic).key("k").text("" + i).build())
              .toCompletableFuture());
      if (i % 500 == 250) {
        proxy.reset();
      }
    }
    receipts.forEach(receipt -> receipt.orTimeout(120, TimeUnit.SECONDS).join());

    Eventually.await("all", PATIENCE, () -> Set.copyOf(order).size() == 2000);
    // After a cut a stretch may come twice; within each stretch it counts up, and nothing is
    // skipped.
    int highest = -1;
    for (int number : order) {
      assertThat(number).as("after %s", highest).isLessThanOrEqualTo(highest + 1);
      highest = Math.max(highest, number);
    }
  }

  @Test
  void a_link_that_falls_silent_is_given_up_and_made_again() {
    givesUpSilence(Map.of("rabbitmq.heartbeat", "1s"));
  }

  /** Semantics S23: within 30 s; a second heartbeat that is missed comes after 22 s at most. */
  @Test
  @Tag("full")
  @DisplayName("F03 a link that falls silent is given up within 30 s with default settings")
  void a_link_that_falls_silent_is_given_up_in_time_with_default_settings() {
    givesUpSilence(Map.of("producer.deadline", "90s"));
  }

  private void givesUpSilence(Map<String, String> settings) {
    Messaging messaging = open(settings);
    List<String> handled = new CopyOnWriteArrayList<>();
    lab.start(messaging, lab.topic, "g", m -> handled.add(m.id()), builder -> builder);
    Set<String> stored = ConcurrentHashMap.newKeySet();
    stored.add(lab.publish(messaging, "before"));

    Instant since = messaging.health().connection().since();
    proxy.halfOpen();
    long began = System.nanoTime();
    // Fills the socket, so that the writer is stuck in it.
    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      receipts.add(
          messaging
              .producer()
              .publishAsync(Message.builder(lab.topic).payload(new byte[900_000]).build())
              .toCompletableFuture());
    }

    // The next connection works, so the state itself may last a moment only.
    Eventually.await(
        "the loss",
        Duration.ofSeconds(60),
        () -> !messaging.health().connection().since().equals(since));
    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(30));
    receipts.forEach(receipt -> stored.add(receipt.orTimeout(120, TimeUnit.SECONDS).join().id()));
    Eventually.await("all", PATIENCE, () -> handled.containsAll(stored));
    assertThat(stored).hasSize(9).containsAll(handled);
    Eventually.await("a link", PATIENCE, () -> state(messaging) == ConnectionState.CONNECTED);
  }

  @Test
  void in_an_alarm_publishes_wait_and_stop_returns_in_time() {
    Messaging messaging = open(Map.of());
    Set<String> handled = ConcurrentHashMap.newKeySet();
    Set<String> stored = ConcurrentHashMap.newKeySet();
    var consumer =
        lab.start(messaging, lab.topic, "g", m -> handled.add(m.id()), builder -> builder);
    stored.add(lab.publish(messaging, "before"));
    broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "0.00001");
    try {
      List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        receipts.add(
            messaging
                .producer()
                .publishAsync(Message.builder(lab.topic).payload(new byte[900_000]).build())
                .toCompletableFuture());
      }
      Eventually.await("the alarm", () -> state(messaging) == ConnectionState.BLOCKED);
      assertThat(receipts).anyMatch(receipt -> !receipt.isDone());
      long began = System.nanoTime();
      consumer.stop(Duration.ofSeconds(2));
      assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(3));

      broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "512MB");
      Eventually.await("the end of it", () -> state(messaging) == ConnectionState.CONNECTED);
      receipts.forEach(receipt -> stored.add(receipt.orTimeout(120, TimeUnit.SECONDS).join().id()));
      consumer.start();
      Eventually.await("all", PATIENCE, () -> handled.containsAll(stored));
      assertThat(stored).hasSize(9).containsAll(handled);
    } finally {
      broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "512MB");
    }
  }

  /**
   * The broker stops reading from a connection that publishes: acknowledgements need another one.
   */
  @Test
  void in_an_alarm_what_lies_there_is_handled_to_the_end() {
    int backlog = 200;
    Messaging messaging = open(Map.of());
    Set<String> handled = ConcurrentHashMap.newKeySet();
    var consumer =
        lab.start(
            messaging,
            lab.topic,
            "g",
            m -> handled.add(m.id()),
            builder -> builder.concurrency(1).maxInFlight(1));
    consumer.pause();
    Set<String> stored = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < backlog; i++) {
      stored.add(lab.publish(messaging, "" + i));
    }
    broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "0.00001");
    try {
      Message blocked = Message.builder(lab.topic).payload(new byte[900_000]).build();
      messaging.producer().publishAsync(blocked);
      Eventually.await("the alarm", PATIENCE, () -> state(messaging) == ConnectionState.BLOCKED);

      consumer.resume();

      Eventually.await("all of them", PATIENCE, () -> handled.containsAll(stored));
      assertThat(state(messaging)).isEqualTo(ConnectionState.BLOCKED);
    } finally {
      broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "512MB");
    }
  }

  @Test
  void in_an_alarm_a_publish_fails_as_blocked_at_its_deadline() {
    Messaging messaging = open(Map.of("producer.deadline", "3s"));
    messaging.topology().declare(lab.topic, "g");
    broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "0.00001");
    try {
      // The broker tells only whoever publishes.
      Eventually.await(
          "the alarm",
          PATIENCE,
          () -> {
            messaging.producer().publishAsync(Message.builder(lab.topic).text("first").build());
            return state(messaging) == ConnectionState.BLOCKED;
          });

      assertThatThrownBy(
              () -> messaging.producer().publish(Message.builder(lab.topic).text("x").build()))
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.BROKER_BLOCKED);
                assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
              });
    } finally {
      broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "512MB");
    }
  }

  /** In both directions, wherever in a frame that is. */
  @Test
  @Tag("full")
  void what_had_a_receipt_is_handled_in_order_after_cuts_under_load() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    underLoad(
        (messaging, load) -> {
          for (int i = 0; i < 10; i++) {
            load.more(100);
            long connections = proxy.accepted();
            proxy.cutAfter(Direction.values()[i % 2], 1 + random.nextInt(20_000));
            Eventually.await(
                "cut " + i + " of seed " + seed, PATIENCE, () -> proxy.accepted() > connections);
          }
        });
  }

  @Test
  @Tag("full")
  void what_had_a_receipt_is_handled_in_order_after_silence_under_load() {
    underLoad(
        (messaging, load) -> {
          load.more(300);
          Instant since = messaging.health().connection().since();
          proxy.halfOpen();
          Eventually.await(
              "the loss", PATIENCE, () -> !messaging.health().connection().since().equals(since));
        });
  }

  @Test
  @Tag("full")
  void what_had_a_receipt_is_handled_in_order_after_an_alarm_under_load() {
    underLoad(
        (messaging, load) -> {
          load.more(300);
          broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "0.00001");
          try {
            Eventually.await(
                "the alarm", PATIENCE, () -> state(messaging) == ConnectionState.BLOCKED);
            load.standstill();
          } finally {
            broker.node().tool("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "512MB");
          }
        });
  }

  private void underLoad(BiConsumer<Messaging, Publishers> fault) {
    Messaging messaging =
        open(
            Map.of(
                "producer.deadline", "120s",
                "rabbitmq.heartbeat", "1s",
                "rabbitmq.retry-delay-max", "1s"));
    History history = new History();
    Witnesses witnesses = new Witnesses(lab, messaging, history);
    try (Publishers load = Publishers.start(messaging, lab.topic, history, 4)) {
      fault.accept(messaging, load);
      load.more(300);

      witnesses.settle(load);
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void requests_fail_at_once_when_the_link_is_lost_and_work_again_later() throws Exception {
    Messaging messaging = open(Map.of());
    AtomicBoolean silent = new AtomicBoolean(true);
    var responder =
        messaging
            .consumer(lab.topic)
            .group("g")
            .replyHandler(
                request -> {
                  Eventually.await("the word to answer", PATIENCE, () -> !silent.get());
                  return request.reply().text("yes").build();
                })
            .build();
    responder.start();
    RabbitLab.ready(responder);
    try (var requester = open(Map.of()).requester()) {
      var lost = requester.request(Message.of(lab.topic, new byte[1]), Duration.ofSeconds(60));
      Eventually.await("it is on its way", () -> lost.toCompletableFuture().isDone() == false);

      proxy.reset();

      Eventually.await("its failure", () -> lost.toCompletableFuture().isCompletedExceptionally());
      silent.set(false);
      Eventually.await(
          "an answer",
          PATIENCE,
          () -> {
            try {
              requester
                  .request(Message.of(lab.topic, new byte[1]), Duration.ofSeconds(2))
                  .toCompletableFuture()
                  .join();
              return true;
            } catch (CompletionException e) {
              return false;
            }
          });
    }
  }

  private Messaging open(Map<String, String> more) {
    return lab.open(more);
  }

  private static ConnectionState state(Messaging messaging) {
    return messaging.health().connection().state();
  }
}
