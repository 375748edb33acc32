package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.GetResponse;
import dev.missive.DeadLetters;
import dev.missive.DeadLetters.Cursor;
import dev.missive.DeadLetters.Letter;
import dev.missive.DeadLetters.RedriveOptions;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.Ordering;
import dev.missive.PublishException;
import dev.missive.ReceivedMessage;
import dev.missive.Topology;
import dev.missive.Topology.Difference;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The adapter through the public API on the newest and on the oldest broker. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@ValueSource(booleans = {false, true})
final class RabbitLiveTest {
  private final LiveBroker broker;
  private final Bench bench;

  RabbitLiveTest(boolean oldest) {
    broker = LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq());
    bench = new Bench(broker);
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  @Test
  void a_message_arrives_with_all_its_fields_in_every_group() {
    Recorder billing = new Recorder();
    Recorder audit = new Recorder();
    bench.start("billing", billing);
    bench.start("audit", audit);
    byte[] body = new byte[256];
    for (int i = 0; i < body.length; i++) {
      body[i] = (byte) i;
    }
    Instant published = Instant.ofEpochMilli(1_700_000_000_123L);
    List<Instant> seen = new ArrayList<>();
    bench.start("times", message -> seen.add(message.timestamp()));

    bench
        .messaging()
        .producer()
        .publish(
            Message.builder(bench.topic)
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
      assertThat(run.topic()).isEqualTo(bench.topic);
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
    List<ReceivedMessage> got = new java.util.concurrent.CopyOnWriteArrayList<>();
    List<Boolean> facts = new java.util.concurrent.CopyOnWriteArrayList<>();
    bench.start(
        "g",
        message -> {
          facts.add(message.payload() == null);
          facts.add(message.key() == null);
          got.add(message);
        });

    bench.messaging().producer().publish(Message.builder(bench.topic).build());
    bench
        .messaging()
        .producer()
        .publish(Message.builder(bench.topic).payload(new byte[0]).keyBytes(new byte[0]).build());

    Eventually.await("both", () -> got.size() == 2);
    assertThat(facts).containsExactly(true, true, false, false);
  }

  @Test
  void a_topic_without_a_group_is_unroutable_and_does_not_exist_afterwards() {
    bench.start("g", message -> {});

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () ->
                  bench
                      .messaging()
                      .producer()
                      .publish(Message.builder("nobody." + bench.topic).text("x").build()))
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.UNROUTABLE);
                assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
              });
    }
    assertThat(bench.publish("still works")).isNotEmpty();
  }

  @Test
  void an_exchange_that_is_not_there_fails_the_publish_and_nothing_else() {
    var messaging = bench.open(Map.of("rabbitmq.exchange", "not.there." + bench.topic));
    long began = System.nanoTime();

    assertThatThrownBy(
            () -> messaging.producer().publish(Message.builder(bench.topic).text("x").build()))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.UNROUTABLE);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            });
    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(20));
    messaging.topology().declare(bench.topic, "g");
    assertThat(messaging.producer().publish(Message.builder(bench.topic).text("y").build()).id())
        .isNotEmpty();
  }

  @Test
  void retries_wait_at_the_broker_reach_only_the_failing_group_and_keep_the_message() {
    List<Long> times = new java.util.concurrent.CopyOnWriteArrayList<>();
    Recorder failing =
        new Recorder(
            message -> {
              times.add(System.nanoTime());
              if (message.attempt() < 3) {
                throw new IllegalStateException("fails");
              }
            });
    Recorder other = new Recorder();
    bench.start("other", other);
    bench.start(
        bench.messaging(),
        bench.topic,
        "failing",
        failing,
        builder ->
            builder.retry(
                dev.missive.RetryPolicy.exponential(Duration.ofSeconds(2), Duration.ofSeconds(2))));

    String id =
        bench
            .messaging()
            .producer()
            .publish(Message.builder(bench.topic).key("k").text("x").header("h", "v").build())
            .id();

    List<Recorder.Run> runs = failing.await(3);
    assertThat(runs).extracting(Recorder.Run::attempt).containsExactly(1, 2, 3);
    assertThat(runs)
        .allSatisfy(
            run -> {
              assertThat(run.id()).isEqualTo(id);
              assertThat(run.key()).isEqualTo("k");
              assertThat(run.headers()).containsEntry("h", "v");
            });
    assertThat(times.get(1) - times.get(0)).isGreaterThanOrEqualTo(2_000_000_000L);
    assertThat(times.get(2) - times.get(1)).isGreaterThanOrEqualTo(2_000_000_000L);
    String sentinel = bench.publish("sentinel");
    other.await(run -> run.id().equals(sentinel));
    assertThat(other.ids()).containsExactly(id, sentinel);
  }

  @Test
  void dead_letters_are_peeked_more_often_than_any_limit_and_redriven_to_their_group() {
    boolean[] broken = {true};
    Recorder billing =
        new Recorder(
            message -> {
              if (broken[0]) {
                throw new NotRetryableException("broken");
              }
            });
    Recorder audit = new Recorder();
    bench.start("billing", billing);
    bench.start("audit", audit);
    for (int i = 0; i < 3; i++) {
      bench.publish("letter " + i);
    }
    DeadLetters letters = bench.messaging().deadLetters();
    Eventually.await("three letters", () -> letters.count(bench.topic, "billing") == 3);

    for (int peek = 0; peek < 25; peek++) {
      try (Cursor cursor = letters.open(bench.topic, "billing")) {
        List<Letter> page = cursor.next(2);
        assertThat(page).hasSize(2);
        assertThat(cursor.next(10)).hasSize(1);
        assertThat(page.get(0).reason()).isEqualTo(DeadLetters.Reason.NOT_RETRYABLE);
        assertThat(page.get(0).topic()).isEqualTo(bench.topic);
        try (Cursor second = letters.open(bench.topic, "billing")) {
          assertThat(second.next(1)).isEmpty();
        }
      }
    }
    broken[0] = false;
    try (Cursor cursor = letters.open(bench.topic, "billing")) {
      assertThat(cursor.redrive(RedriveOptions.all()).redriven()).isEqualTo(3);
    }
    billing.await(6);
    assertThat(audit.runs()).hasSize(3);
    assertThat(letters.count(bench.topic, "billing")).isZero();
  }

  @Test
  void what_the_broker_gave_up_on_is_shown_and_its_copy_is_no_cycle() throws Exception {
    bench.messaging().topology().declare(bench.topic, "g");
    String queue = bench.topic + ".g";
    String id = bench.publish("kills its consumers");
    DeadLetters dead = bench.messaging().deadLetters();
    Eventually.await(
        "consumers that die until the broker gives up",
        Duration.ofSeconds(60),
        () -> {
          try {
            if (bench.raw().basicGet(queue, false) != null) {
              bench.raw().close();
            }
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          return dead.count(bench.topic, "g") == 1;
        });

    try (Cursor cursor = dead.open(bench.topic, "g")) {
      Letter letter = cursor.next(1).get(0);
      assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.CRASH_LIMIT);
      assertThat(letter.topic()).isEqualTo(bench.topic);
      assertThat(letter.group()).isEqualTo("g");
      assertThat(letter.message().headers().keySet()).noneMatch(name -> name.startsWith("x-"));
      cursor.redrive(letter);
    }
    Recorder recorder = new Recorder();
    bench.start("g", recorder);
    assertThat(recorder.await(1).get(0).id()).isEqualTo(id);
  }

  @Test
  void delayed_messages_wait_for_topics_and_patterns_and_never_come_early() {
    Recorder exact = new Recorder();
    Recorder pattern = new Recorder();
    Map<String, Long> arrived = new ConcurrentHashMap<>();
    String first = bench.topic + ".eu.orders";
    bench.start(bench.messaging(), first, "exact", exact, builder -> builder);
    bench.start(
        bench.messaging(),
        bench.topic + ".*.orders",
        "pattern",
        message -> {
          arrived.put(message.id(), System.nanoTime());
          pattern.handle(message);
        },
        builder -> builder);
    long began = System.nanoTime();

    for (int seconds : new int[] {3, 1, 2}) {
      bench
          .messaging()
          .producer()
          .publish(
              Message.builder(first)
                  .id("after-" + seconds)
                  .text("x")
                  .delay(Duration.ofSeconds(seconds))
                  .build());
    }

    pattern.await(3);
    exact.await(3);
    assertThat(pattern.ids()).containsExactly("after-1", "after-2", "after-3");
    assertThat(pattern.runs()).allMatch(run -> run.topic().equals(first));
    for (int seconds = 1; seconds <= 3; seconds++) {
      long waited = arrived.get("after-" + seconds) - began;
      assertThat(waited)
          .isBetween(
              TimeUnit.SECONDS.toNanos(seconds),
              TimeUnit.MILLISECONDS.toNanos(seconds * 1000 + 5000));
    }
  }

  @Test
  void a_delayed_message_whose_group_is_gone_is_kept_and_shown() throws Exception {
    bench.messaging().topology().declare(bench.topic, "g");
    bench.messaging().topology().declare(bench.topic, "other");
    bench
        .messaging()
        .producer()
        .publish(Message.builder(bench.topic).text("x").delay(Duration.ofSeconds(2)).build());
    bench.raw().queueDelete(bench.topic + ".g");
    bench
        .raw()
        .queueUnbind(
            bench.topic + ".other", DelayCascade.DUE, "*.".repeat(28) + "t." + bench.topic);

    Eventually.await(
        "the warning",
        () ->
            bench.messaging().topology().depth(bench.topic, "other").warnings().stream()
                .anyMatch(warning -> warning.contains(DelayCascade.UNROUTED)));
    bench.raw().queuePurge(DelayCascade.UNROUTED);
  }

  @Test
  void patterns_get_exactly_the_matching_topics() {
    Recorder one = new Recorder();
    Recorder rest = new Recorder();
    bench.start(bench.messaging(), bench.topic + ".*", "one", one, builder -> builder);
    bench.start(bench.messaging(), bench.topic + ".>", "rest", rest, builder -> builder);
    bench.messaging().topology().declare(bench.topic, "itself");

    for (String topic : List.of("", ".a", ".a.b", ".a.b.c")) {
      bench
          .messaging()
          .producer()
          .publish(Message.builder(bench.topic + topic).text(topic).build());
    }

    rest.await(3);
    assertThat(rest.texts()).containsExactly(".a", ".a.b", ".a.b.c");
    assertThat(one.await(1)).extracting(Recorder.Run::text).containsExactly(".a");
  }

  @Test
  void broadcast_reaches_everybody_connected_and_leaves_nothing() {
    bench.messaging().topology().declareTopic(bench.topic);
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    var gone = bench.start(bench.messaging(), bench.topic, null, first, builder -> builder);
    bench.start(bench.open(Map.of()), bench.topic, null, second, builder -> builder);

    String id = bench.publish("to all");
    first.await(1);
    second.await(1);
    gone.stop(Duration.ofSeconds(5));
    String later = bench.publish("to one");

    second.await(2);
    assertThat(second.ids()).containsExactly(id, later);
    assertThat(first.ids()).containsExactly(id);
  }

  @Test
  void requests_are_answered() throws Exception {
    var responder =
        bench
            .messaging()
            .consumer(bench.topic)
            .group("responders")
            .replyHandler(
                request ->
                    request.reply().text("echo " + new String(request.payload(), UTF_8)).build())
            .build();
    responder.start();
    Bench.ready(responder);
    try (var requester = bench.open(Map.of()).requester()) {
      var a =
          requester.request(Message.builder(bench.topic).text("a").build(), Duration.ofSeconds(20));
      var b =
          requester.request(Message.builder(bench.topic).text("b").build(), Duration.ofSeconds(20));

      assertThat(a.toCompletableFuture().get(20, TimeUnit.SECONDS).payload())
          .isEqualTo("echo a".getBytes(UTF_8));
      assertThat(b.toCompletableFuture().get(20, TimeUnit.SECONDS).payload())
          .isEqualTo("echo b".getBytes(UTF_8));
    }
  }

  @Test
  void a_group_of_the_other_order_is_a_mismatch_that_names_the_argument() {
    bench.messaging().topology().declare(bench.topic, "g");
    Topology.Plan ordered =
        Topology.Plan.empty().with(new Topology.Entry(bench.topic, "g", true, null));

    List<Difference> differences = bench.messaging().topology().plan(ordered);
    assertThat(differences)
        .contains(
            new Difference(
                "queue " + bench.topic + ".g",
                "x-single-active-consumer",
                "true",
                "none",
                Difference.Kind.DIFFERENT));
    assertThatThrownBy(() -> bench.messaging().topology().apply(ordered))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOPOLOGY_MISMATCH);
              assertThat(e.getMessage())
                  .contains("x-single-active-consumer", "want true", "have none");
            });
  }

  @Test
  void a_plan_tells_what_is_missing_or_changed_behind_our_back_and_changes_nothing()
      throws Exception {
    Topology.Plan plan = Topology.Plan.empty().group(bench.topic, "g");
    assertThat(bench.messaging().topology().plan(plan))
        .filteredOn(difference -> difference.object().startsWith("queue"))
        .extracting(Difference::kind)
        .containsExactly(Difference.Kind.MISSING, Difference.Kind.MISSING);
    bench.messaging().topology().apply(plan);
    bench.messaging().topology().apply(plan);
    assertThat(bench.messaging().topology().plan(plan))
        .extracting(Difference::kind)
        .containsExactly(Difference.Kind.UNSEEN);

    bench.raw().queueDelete(bench.topic + ".g");
    Map<String, Object> changed = QueueType.QUORUM.group(bench.topic + ".g.dlq", false);
    changed.put("x-delivery-limit", 7);
    bench.raw().queueDeclare(bench.topic + ".g", true, false, false, changed);

    assertThat(bench.messaging().topology().plan(plan))
        .contains(
            new Difference(
                "queue " + bench.topic + ".g",
                "x-delivery-limit",
                "50",
                "7",
                Difference.Kind.DIFFERENT));
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
    bench.start("g", recorder);
    bench
        .raw()
        .basicPublish(
            "missive.topics",
            bench.topic,
            new AMQP.BasicProperties.Builder()
                .contentType("text/plain")
                .headers(Map.of("number", 7, "text", "t", "flag", true, "x-foreign", "not ours"))
                .build(),
            "from abroad".getBytes(UTF_8));

    Recorder.Run run = recorder.await(2).get(1);
    assertThat(run.text()).isEqualTo("from abroad");
    assertThat(run.topic()).isEqualTo(bench.topic);
    assertThat(run.contentType()).isEqualTo("text/plain");
    assertThat(run.headers())
        .containsEntry("number", "7")
        .containsEntry("flag", "true")
        .containsEntry("text", "t");

    bench.messaging().topology().declare(bench.topic, "abroad");
    bench
        .messaging()
        .producer()
        .publish(
            Message.builder(bench.topic)
                .id("i")
                .type("a.b")
                .key("k")
                .text("ours")
                .header("h", "v")
                .build());
    GetResponse got = bench.raw().basicGet(bench.topic + ".abroad", true);
    for (int i = 0; got == null && i < 100; i++) {
      TimeUnit.MILLISECONDS.sleep(10);
      got = bench.raw().basicGet(bench.topic + ".abroad", true);
    }
    assertThat(got).isNotNull();
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
        bench.start(
            bench.messaging(),
            bench.topic,
            "g",
            message -> {
              if (seen.isEmpty() && seen.add(message.id())) {
                hold.await();
              }
              seen.add(message.id());
            },
            builder -> builder.concurrency(8).maxInFlight(50));

    for (int i = 0; i < 500; i++) {
      bench.messaging().producer().publishAsync(Message.builder(bench.topic).text("x").build());
    }
    Eventually.await("all but the first", () -> seen.size() == 500);
    hold.countDown();
    assertThat(consumer.stop(Duration.ofSeconds(10)).complete()).isTrue();

    Recorder after = new Recorder();
    bench.start("g", after);
    String sentinel = bench.publish("sentinel");
    after.await(run -> run.id().equals(sentinel));
    assertThat(after.ids()).containsExactly(sentinel);
  }

  @Test
  void a_queue_deleted_under_a_running_consumer_comes_back() throws Exception {
    Recorder recorder = new Recorder();
    bench.start("g", recorder);
    bench.publish("before");
    recorder.await(1);

    bench.raw().queueDelete(bench.topic + ".g");

    Eventually.await(
        "a message after the loss",
        () -> {
          try {
            bench.publish("after");
          } catch (PublishException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.UNROUTABLE);
          }
          return recorder.texts().contains("after");
        });
  }

  @Test
  void key_order_holds_over_instances() {
    List<String> order = new java.util.concurrent.CopyOnWriteArrayList<>();
    for (int instance = 0; instance < 3; instance++) {
      bench.start(
          bench.open(Map.of()),
          bench.topic,
          "g",
          message -> order.add(new String(message.payload(), UTF_8)),
          builder -> builder.ordering(Ordering.KEY).concurrency(4));
    }
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      expected.add("" + i);
      bench
          .messaging()
          .producer()
          .publishAsync(Message.builder(bench.topic).key("k").text("" + i).build());
    }

    Eventually.await("all", () -> order.size() >= 100);
    assertThat(order).containsExactlyElementsOf(expected);
  }

  @Test
  void wrong_credentials_are_refused_at_start() {
    var messaging = bench.open(Map.of("rabbitmq.username", "nobody", "rabbitmq.password", "wrong"));

    assertThatThrownBy(messaging::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.AUTH);
              assertThat(e.getMessage()).doesNotContain("wrong\"").contains("rabbitmq.username");
            });
  }

  @Test
  void no_thread_is_left_after_close() {
    String name = "left-" + bench.topic;
    try (var messaging = bench.open(Map.of("application", name))) {
      bench.start(messaging, bench.topic, "g", message -> {}, builder -> builder);
      messaging.producer().publish(Message.builder(bench.topic).text("x").build());
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
