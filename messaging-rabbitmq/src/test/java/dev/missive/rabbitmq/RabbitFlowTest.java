package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.GetResponse;
import dev.missive.Message;
import dev.missive.Ordering;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Publishers;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The adapter through the public API on the newest and on the oldest broker: the smoke test of Part
 * B.
 */
@Tag("broker")
@Tag("smoke")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitFlowTest {
  private final LiveBroker broker;
  private final RabbitLab lab;

  RabbitFlowTest(boolean oldest) {
    broker = LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq());
    lab = new RabbitLab(broker);
  }

  @AfterEach
  void close() throws Exception {
    lab.close();
  }

  @Test
  void a_message_arrives_with_all_its_fields_in_every_group() {
    Recorder billing = new Recorder();
    Recorder audit = new Recorder();
    lab.start("billing", billing);
    lab.start("audit", audit);
    byte[] body = new byte[256];
    for (int i = 0; i < body.length; i++) {
      body[i] = (byte) i;
    }
    Instant published = Instant.ofEpochMilli(1_700_000_000_123L);
    List<Instant> seen = new ArrayList<>();
    lab.start("times", message -> seen.add(message.timestamp()));

    lab.messaging()
        .producer()
        .publish(
            Message.builder(lab.topic)
                .id("the-id")
                .key("kö")
                .payload(body)
                .type("order.created")
                .contentType("application/octet-stream")
                .correlationId("c-1")
                .timestamp(published)
                .header("uni.code", "wert ✓")
                .header("empty", "")
                .header("type", "mine")
                .build());

    for (Recorder recorder : List.of(billing, audit)) {
      Recorder.Run run = recorder.await(1).get(0);
      assertThat(run.id()).isEqualTo("the-id");
      assertThat(run.key()).isEqualTo("kö");
      assertThat(run.payload()).isEqualTo(body);
      assertThat(run.type()).isEqualTo("order.created");
      assertThat(run.contentType()).isEqualTo("application/octet-stream");
      assertThat(run.correlationId()).isEqualTo("c-1");
      assertThat(run.topic()).isEqualTo(lab.topic);
      assertThat(run.attempt()).isEqualTo(1);
      assertThat(run.headers())
          .containsExactlyInAnyOrderEntriesOf(
              Map.of("uni.code", "wert ✓", "empty", "", "type", "mine"));
    }
    Eventually.await("the time", () -> seen.size() == 1);
    assertThat(seen).containsExactly(published);
  }

  @Test
  void absent_and_empty_payload_and_key_differ() {
    List<ReceivedMessage> got = new CopyOnWriteArrayList<>();
    List<Boolean> facts = new CopyOnWriteArrayList<>();
    lab.start(
        "g",
        message -> {
          facts.add(message.payload() == null);
          facts.add(message.key() == null);
          got.add(message);
        });

    lab.messaging().producer().publish(Message.builder(lab.topic).build());
    lab.messaging()
        .producer()
        .publish(Message.builder(lab.topic).payload(new byte[0]).keyBytes(new byte[0]).build());

    Eventually.await("both", () -> got.size() == 2);
    assertThat(facts).containsExactly(true, true, false, false);
  }

  @Test
  void patterns_get_exactly_the_matching_topics() {
    Recorder one = new Recorder();
    Recorder rest = new Recorder();
    lab.start(lab.messaging(), lab.topic + ".*", "one", one, builder -> builder);
    lab.start(lab.messaging(), lab.topic + ".>", "rest", rest, builder -> builder);
    lab.messaging().topology().declare(lab.topic, "itself");

    for (String topic : List.of("", ".a", ".a.b", ".a.b.c")) {
      lab.messaging().producer().publish(Message.builder(lab.topic + topic).text(topic).build());
    }

    rest.await(3);
    assertThat(rest.texts()).containsExactly(".a", ".a.b", ".a.b.c");
    assertThat(one.await(1)).extracting(Recorder.Run::text).containsExactly(".a");
  }

  @Test
  void broadcast_reaches_everybody_connected_and_leaves_nothing() {
    lab.messaging().topology().declareTopic(lab.topic);
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    var gone = lab.start(lab.messaging(), lab.topic, null, first, builder -> builder);
    lab.start(lab.open(Map.of()), lab.topic, null, second, builder -> builder);

    String id = lab.publish("to all");
    first.await(1);
    second.await(1);
    gone.stop(Duration.ofSeconds(5));
    String later = lab.publish("to one");

    second.await(2);
    assertThat(second.ids()).containsExactly(id, later);
    assertThat(first.ids()).containsExactly(id);
  }

  @Test
  void requests_are_answered() throws Exception {
    var responder =
        lab.messaging()
            .consumer(lab.topic)
            .group("responders")
            .replyHandler(
                request ->
                    request.reply().text("echo " + new String(request.payload(), UTF_8)).build())
            .build();
    responder.start();
    RabbitLab.ready(responder);
    try (var requester = lab.open(Map.of()).requester()) {
      var a =
          requester.request(Message.builder(lab.topic).text("a").build(), Duration.ofSeconds(20));
      var b =
          requester.request(Message.builder(lab.topic).text("b").build(), Duration.ofSeconds(20));

      assertThat(a.toCompletableFuture().get(120, TimeUnit.SECONDS).payload())
          .isEqualTo("echo a".getBytes(UTF_8));
      assertThat(b.toCompletableFuture().get(120, TimeUnit.SECONDS).payload())
          .isEqualTo("echo b".getBytes(UTF_8));
    }
  }

  @Test
  void messages_of_others_are_handled_and_ours_are_readable_for_others() throws Exception {
    Recorder recorder =
        new Recorder(
            message -> {
              if (message.attempt() == 1) {
                throw new IllegalStateException("once");
              }
            });
    lab.start("g", recorder);
    lab.raw()
        .basicPublish(
            "missive.topics",
            lab.topic,
            new AMQP.BasicProperties.Builder()
                .contentType("text/plain")
                .headers(Map.of("number", 7, "text", "t", "flag", true, "x-foreign", "not ours"))
                .build(),
            "from abroad".getBytes(UTF_8));

    Recorder.Run run = recorder.await(2).get(1);
    assertThat(run.text()).isEqualTo("from abroad");
    assertThat(run.topic()).isEqualTo(lab.topic);
    assertThat(run.contentType()).isEqualTo("text/plain");
    assertThat(run.headers())
        .containsEntry("number", "7")
        .containsEntry("flag", "true")
        .containsEntry("text", "t");

    lab.messaging().topology().declare(lab.topic, "abroad");
    lab.messaging()
        .producer()
        .publish(
            Message.builder(lab.topic)
                .id("i")
                .type("a.b")
                .key("k")
                .text("ours")
                .header("h", "v")
                .build());
    GetResponse got = lab.get(lab.topic + ".abroad");
    assertThat(got.getBody()).isEqualTo("ours".getBytes(UTF_8));
    assertThat(got.getProps().getMessageId()).isEqualTo("i");
    assertThat(got.getProps().getType()).isEqualTo("a.b");
    assertThat(got.getProps().getDeliveryMode()).isEqualTo(2);
    assertThat(got.getProps().getHeaders().get("h")).hasToString("v");
    assertThat((byte[]) got.getProps().getHeaders().get("missive-key"))
        .isEqualTo("k".getBytes(UTF_8));
  }

  @Test
  void settlements_out_of_order_are_all_told_and_nothing_comes_back() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    Set<String> seen = ConcurrentHashMap.newKeySet();
    var consumer =
        lab.start(
            lab.messaging(),
            lab.topic,
            "g",
            message -> {
              if (seen.isEmpty() && seen.add(message.id())) {
                hold.await();
              }
              seen.add(message.id());
            },
            builder -> builder.concurrency(8).maxInFlight(50));

    for (int i = 0; i < 500; i++) {
      lab.messaging().producer().publishAsync(Message.builder(lab.topic).text("x").build());
    }
    Eventually.await("all but the first", () -> seen.size() == 500);
    hold.countDown();
    assertThat(consumer.stop(Duration.ofSeconds(10)).complete()).isTrue();

    Recorder after = new Recorder();
    lab.start("g", after);
    String sentinel = lab.publish("sentinel");
    after.await(run -> run.id().equals(sentinel));
    assertThat(after.ids()).containsExactly(sentinel);
  }

  /** A quorum queue puts settlements aside when many come at once, and forgets them at a close. */
  @Test
  void what_was_acknowledged_right_before_a_stop_does_not_come_back() {
    lab.messaging().topology().declare(lab.topic, "g");
    History history = new History();
    try (Publishers load = Publishers.start(lab.messaging(), lab.topic, history, 8)) {
      load.more(500);
      for (int round = 0; round < 20; round++) {
        // What waits is given back one by one, while the queue is busy.
        var consumer =
            lab.start(
                lab.messaging(),
                lab.topic,
                "g",
                history.recording("g", message -> {}),
                builder -> builder);
        long enough = history.runs("g") + 5 * round;
        Eventually.await("some are handled", () -> history.runs("g") > enough);
        assertThat(consumer.stop(Duration.ofSeconds(30)).abandoned()).isEmpty();
      }
      lab.start("g", history.recording("g", message -> {}));
      load.settle("g");
    }
    assertThat(history.check(History.Rules.strict().unordered().group("g"))).isEmpty();
  }

  @Test
  void key_order_holds_over_instances() {
    List<String> order = new CopyOnWriteArrayList<>();
    for (int instance = 0; instance < 3; instance++) {
      lab.start(
          lab.open(Map.of()),
          lab.topic,
          "g",
          message -> order.add(new String(message.payload(), UTF_8)),
          builder -> builder.ordering(Ordering.KEY).concurrency(4));
    }
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      expected.add("" + i);
      lab.messaging()
          .producer()
          .publishAsync(Message.builder(lab.topic).key("k").text("" + i).build());
    }

    Eventually.await("all", () -> order.size() >= 100);
    assertThat(order).containsExactlyElementsOf(expected);
  }

  @Test
  void no_thread_is_left_after_close() {
    String name = "left-" + lab.topic;
    try (var messaging = lab.open(Map.of("application", name))) {
      lab.start(messaging, lab.topic, "g", message -> {}, builder -> builder);
      messaging.producer().publish(Message.builder(lab.topic).text("x").build());
      assertThat(threads(name)).isNotEmpty();
    }

    Eventually.await("no thread", () -> threads(name).isEmpty());
  }

  private static List<String> threads(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(thread -> thread.contains(name))
        .toList();
  }
}
