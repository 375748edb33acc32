package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.ReceivedMessage;
import dev.missive.Topology;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What has gone wrong with NATS before, and must not again. */
abstract class NatsTraps {
  private final NatsLab lab = new NatsLab(LiveBrokers.shared(options()));

  abstract BrokerOptions options();

  @AfterEach
  void close() {
    lab.close();
  }

  // ---- topology

  /** 2.9 changes an existing consumer when it is created again, also with action=create. */
  @Test
  void an_existing_consumer_of_another_kind_is_reported_and_left_alone() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declare(lab.topic, NatsLab.GROUP);
    JetStreamManagement js = lab.raw().jetStreamManagement();
    String stream = NatsNames.DEFAULT.stream(lab.topic);
    js.addOrUpdateConsumer(
        stream,
        ConsumerConfiguration.builder(
                js.getConsumerInfo(stream, NatsLab.GROUP).getConsumerConfiguration())
            .ackWait(Duration.ofSeconds(77))
            .build());

    List<Topology.Difference> plan =
        messaging.topology().plan(Topology.Plan.empty().group(lab.topic, NatsLab.GROUP));

    assertThat(plan).hasSize(1);
    assertThat(plan.get(0).field()).isEqualTo("ack_wait");
    assertThat(plan.get(0).want()).isEqualTo("PT3S");
    assertThat(plan.get(0).have()).isEqualTo("PT1M17S");
    assertThatThrownBy(() -> messaging.topology().declare(lab.topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining("ack_wait: want PT3S, have PT1M17S");
    assertThat(js.getConsumerInfo(stream, NatsLab.GROUP).getConsumerConfiguration().getAckWait())
        .isEqualTo(Duration.ofSeconds(77));
  }

  @Test
  void an_existing_stream_of_another_kind_is_reported_and_left_alone() throws Exception {
    JetStreamManagement js = lab.raw().jetStreamManagement();
    String stream = NatsNames.DEFAULT.stream(lab.topic);
    js.addStream(
        StreamConfiguration.builder().name(stream).subjects(lab.topic).maxMessages(10).build());
    Messaging messaging = lab.open();

    assertThatThrownBy(() -> messaging.topology().declare(lab.topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining("max_msgs: want -1, have 10")
        .hasMessageContaining("max_age: want PT168H, have PT0S");
    assertThat(js.getConsumerNames(stream)).isEmpty();
  }

  @Test
  void a_subject_that_another_stream_stores_is_a_mismatch() throws Exception {
    lab.raw()
        .jetStreamManagement()
        .addStream(
            StreamConfiguration.builder()
                .name("foreign-" + lab.topic.hashCode())
                .subjects(lab.topic)
                .build());

    assertThatThrownBy(() -> lab.open().topology().declare(lab.topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH");
  }

  @Test
  void declaring_again_and_at_once_from_many_changes_nothing() throws Exception {
    List<Messaging> many = IntStream.range(0, 4).mapToObj(i -> lab.open()).toList();
    List<Thread> threads = new ArrayList<>();
    Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
    for (Messaging each : many) {
      Thread thread = new Thread(() -> each.topology().declare(lab.topic, NatsLab.GROUP));
      thread.setUncaughtExceptionHandler((t, e) -> errors.add(e));
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(errors).isEmpty();
    assertThat(many.get(0).topology().plan(Topology.Plan.empty().group(lab.topic, NatsLab.GROUP)))
        .isEmpty();
  }

  @Test
  void a_topic_that_nobody_declared_is_missing_and_stays_so() throws Exception {
    Messaging messaging = lab.open();

    assertThatThrownBy(() -> messaging.producer().publish(lab.message("x")))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOPIC_MISSING);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            });
    assertThat(lab.raw().jetStreamManagement().getStreamNames(lab.topic)).isEmpty();
    assertThatThrownBy(() -> messaging.topology().depth(lab.topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPIC-MISSING");
  }

  @Test
  void depth_counts_what_waits_and_what_is_held() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declare(lab.topic, NatsLab.GROUP);
    for (int i = 0; i < 5; i++) {
      messaging.producer().publish(lab.message("x"));
    }
    Topology.Depth before = messaging.topology().depth(lab.topic, NatsLab.GROUP);
    CountDownLatch release = new CountDownLatch(1);
    Consumer consumer =
        messaging
            .consumer(lab.topic)
            .group(NatsLab.GROUP)
            .maxInFlight(2)
            .handler(message -> release.await())
            .build();
    NatsLab.start(consumer);

    assertThat(before.waiting()).isEqualTo(5);
    assertThat(before.inFlight()).isZero();
    assertThat(before.lag()).isEqualTo(5);
    Eventually.await(
        "two are held",
        () -> {
          Topology.Depth held = messaging.topology().depth(lab.topic, NatsLab.GROUP);
          return held.inFlight() == 2 && held.waiting() == 3;
        });
    release.countDown();
    Eventually.await(
        "none is left", () -> messaging.topology().depth(lab.topic, NatsLab.GROUP).lag() == 0L);
  }

  @Test
  void a_consumer_that_was_deleted_is_declared_again() throws Exception {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    lab.start(messaging, message -> got.add(NatsLab.text(message)));
    JetStreamManagement js = lab.raw().jetStreamManagement();

    js.deleteConsumer(NatsNames.DEFAULT.stream(lab.topic), NatsLab.GROUP);

    Eventually.await(
        "the consumer is there again",
        () -> {
          try {
            return js.getConsumerNames(NatsNames.DEFAULT.stream(lab.topic)).contains(NatsLab.GROUP);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    messaging.producer().publish(lab.message("after"));
    Eventually.await("what came after", () -> got.contains("after"));
  }

  // ---- flow

  /** Delayed messages count as pending: at the limit a consumer gets nothing new. */
  @Test
  void waiting_retries_do_not_stall_new_messages() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open("nats.max-ack-pending", "4");
    NatsLab.start(
        messaging
            .consumer(lab.topic)
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
      messaging.producer().publish(lab.message("bad" + i));
    }

    messaging.producer().publish(lab.message("good"));

    Eventually.await("the good one", () -> got.contains("good"));
  }

  /** jnats throws away what an interrupted thread publishes, without a word. */
  @Test
  void interrupted_threads_publish_and_acknowledge() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    Consumer consumer =
        lab.start(
            messaging,
            message -> {
              got.add(NatsLab.text(message));
              Thread.currentThread().interrupt();
            });

    for (int i = 0; i < 20; i++) {
      Thread.currentThread().interrupt();
      var stage = messaging.producer().publishAsync(lab.message("m" + i)).toCompletableFuture();
      assertThat(Thread.interrupted()).isTrue();
      stage.join();
    }

    Eventually.await("all", () -> got.size() == 20);
    consumer.stop(Duration.ofSeconds(5));
    Topology.Depth depth = lab.open().topology().depth(lab.topic, NatsLab.GROUP);
    assertThat(depth.waiting() + depth.inFlight()).isZero();
  }

  /** jnats unsubscribes by a ping, and takes the third one that is out for a dead server. */
  @Test
  void many_consumers_that_end_at_once_do_not_cost_the_connection() {
    Messaging messaging = lab.open();
    List<Consumer> consumers =
        IntStream.range(0, 20)
            .mapToObj(i -> messaging.consumer(lab.topic).group("g" + i).handler(m -> {}).build())
            .map(NatsLab::start)
            .toList();
    java.time.Instant since = messaging.health().connection().since();

    consumers.parallelStream().forEach(Consumer::pause);
    consumers.parallelStream().forEach(consumer -> consumer.stop(Duration.ofSeconds(5)));
    messaging.producer().publish(lab.message("x"));

    assertThat(messaging.health().connection().since()).isEqualTo(since);
  }

  @Test
  void attempts_count_failed_runs_and_nothing_else() {
    Queue<Integer> attempts = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    messaging.topology().declare(lab.topic, NatsLab.GROUP);
    messaging.producer().publish(lab.message("x"));
    for (int i = 0; i < 3; i++) {
      // Taken, held and given back: each raises the server's own count.
      Queue<String> seen = new ConcurrentLinkedQueue<>();
      CountDownLatch never = new CountDownLatch(1);
      Consumer consumer =
          messaging
              .consumer(lab.topic)
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

    lab.start(
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

  @Test
  void a_paused_consumer_leaves_new_messages_to_others() {
    Queue<String> mine = new ConcurrentLinkedQueue<>();
    Queue<String> theirs = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    Consumer paused = lab.start(messaging, message -> mine.add(NatsLab.text(message)));
    messaging.producer().publish(lab.message("before"));
    Eventually.await("the first", () -> mine.contains("before"));

    paused.pause();
    lab.start(lab.open(), message -> theirs.add(NatsLab.text(message)));
    for (int i = 0; i < 20; i++) {
      messaging.producer().publish(lab.message("m" + i));
    }
    Eventually.await("the other gets them", () -> theirs.size() == 20);
    paused.resume();
    for (int i = 0; i < 200 && mine.size() < 2; i++) {
      messaging.producer().publish(lab.message("n" + i));
    }

    Eventually.await("it goes on", () -> mine.size() > 1);
  }

  @Test
  void a_window_of_one_still_gets_its_retries_in_time() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    NatsLab.start(
        messaging
            .consumer(lab.topic)
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
    messaging.producer().publish(lab.message("x"));

    Eventually.await("the retry", () -> got.contains("x2"));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void ten_thousand_messages_arrive_once_and_in_order() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    lab.start(messaging, message -> got.add(NatsLab.text(message)));
    List<String> sent = IntStream.range(0, 10_000).mapToObj(Integer::toString).toList();

    sent.forEach(text -> messaging.producer().publishAsync(lab.message(text)));

    Eventually.await("all", Duration.ofSeconds(60), () -> got.size() >= sent.size());
    assertThat(got).containsExactlyElementsOf(sent);
  }

  // ---- the wire

  @Test
  void what_other_programs_publish_is_handled() throws Exception {
    Queue<ReceivedMessage> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    lab.start(messaging, got::add);
    Connection raw = lab.raw();

    raw.publish(lab.topic, "plain".getBytes(UTF_8));
    Headers headers = new Headers().put("type", "theirs").put("missive-key", "%%%");
    headers.put("many", "first", "last").put("missive-ts", "yesterday");
    raw.publish(lab.topic, null, headers, "odd".getBytes(UTF_8));

    Eventually.await("both", () -> got.size() == 2);
    ReceivedMessage plain = got.remove();
    assertThat(NatsLab.text(plain)).isEqualTo("plain");
    assertThat(plain.id()).isEqualTo(String.valueOf(plain.position()));
    assertThat(plain.key()).isNull();
    assertThat(plain.timestamp()).isNotNull();
    assertThat(plain.headers()).isEmpty();
    ReceivedMessage odd = got.remove();
    assertThat(odd.type()).isEqualTo("theirs");
    assertThat(odd.key()).isNull();
    assertThat(odd.headers()).containsEntry("many", "last").containsEntry("type", "theirs");
  }

  @Test
  void other_programs_can_read_what_is_published() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declare(lab.topic, NatsLab.GROUP);
    Connection raw = lab.raw();
    var subscription = raw.subscribe(lab.topic);
    raw.flush(Duration.ofSeconds(5));

    messaging
        .producer()
        .publish(
            Message.builder(lab.topic)
                .id("i")
                .key("k")
                .type("t")
                .contentType("text/plain")
                .header("h", "v")
                .payload("body".getBytes(UTF_8))
                .build());

    io.nats.client.Message seen = subscription.nextMessage(Duration.ofSeconds(5));
    assertThat(seen.getData()).isEqualTo("body".getBytes(UTF_8));
    assertThat(seen.getHeaders().getLast("missive-id")).isEqualTo("i");
    assertThat(seen.getHeaders().getLast("missive-key")).isEqualTo("aw");
    assertThat(seen.getHeaders().getLast("missive-type")).isEqualTo("t");
    assertThat(seen.getHeaders().getLast("content-type")).isEqualTo("text/plain");
    assertThat(seen.getHeaders().getLast("h")).isEqualTo("v");
  }

  @Test
  void line_breaks_in_headers_are_refused() {
    Messaging messaging = lab.open();
    messaging.topology().declare(lab.topic, NatsLab.GROUP);

    assertThatThrownBy(
            () ->
                messaging
                    .producer()
                    .publish(
                        Message.builder(lab.topic).header("h", "a\r\nNats-Rollup: all").build()))
        .hasMessageContaining("MSG-HEADER-INVALID");
  }

  // ---- capabilities

  @Test
  void the_same_id_twice_is_one_message() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open();
    lab.start(messaging, message -> got.add(NatsLab.text(message)));
    Message first = Message.builder(lab.topic).id("same").text("one").build();

    messaging.producer().publish(first);
    messaging.producer().publish(Message.builder(lab.topic).id("same").text("two").build());
    messaging.producer().publish(Message.builder(lab.topic).id("other").text("end").build());

    Eventually.await("the end", () -> got.contains("end"));
    assertThat(got).containsExactly("one", "end");
  }

  @Test
  void without_dedup_it_is_two_and_the_capability_is_gone() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open("nats.dedup", "false");
    lab.start(messaging, message -> got.add(NatsLab.text(message)));

    messaging.producer().publish(Message.builder(lab.topic).id("same").text("one").build());
    messaging.producer().publish(Message.builder(lab.topic).id("same").text("two").build());

    Eventually.await("both", () -> got.size() == 2);
    assertThatThrownBy(
            () ->
                messaging
                    .consumer(lab.topic)
                    .group("h")
                    .require(Capability.DEDUP)
                    .handler(message -> {})
                    .build()
                    .start())
        .hasMessageContaining("MSG-CAPABILITY-MISSING");
  }

  @Test
  void a_new_group_starts_where_it_is_told() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declareTopic(lab.topic);
    messaging.producer().publish(lab.message("old"));
    java.time.Instant between = java.time.Instant.now().plusMillis(50);
    Eventually.await("time has passed", () -> java.time.Instant.now().isAfter(between));
    messaging.producer().publish(lab.message("new"));
    Queue<String> all = new ConcurrentLinkedQueue<>();
    Queue<String> some = new ConcurrentLinkedQueue<>();
    Queue<String> none = new ConcurrentLinkedQueue<>();

    NatsLab.start(
        messaging
            .consumer(lab.topic)
            .group("all")
            .from(Consumer.EARLIEST)
            .handler(m -> all.add(NatsLab.text(m)))
            .build());
    NatsLab.start(
        messaging
            .consumer(lab.topic)
            .group("some")
            .from(between)
            .handler(m -> some.add(NatsLab.text(m)))
            .build());
    NatsLab.start(
        messaging
            .consumer(lab.topic)
            .group("none")
            .handler(m -> none.add(NatsLab.text(m)))
            .build());
    messaging.producer().publish(lab.message("end"));

    Eventually.await(
        "the end", () -> all.contains("end") && some.contains("end") && none.contains("end"));
    assertThat(all).containsExactly("old", "new", "end");
    assertThat(some).containsExactly("new", "end");
    assertThat(none).containsExactly("end");
  }

  @Test
  void broadcasts_reach_everybody_and_leave_nothing() throws Exception {
    Messaging messaging = lab.open();
    messaging.topology().declareTopic(lab.topic);
    messaging.producer().publish(lab.message("before"));
    List<Queue<String>> got = new ArrayList<>();
    List<Consumer> consumers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Queue<String> mine = new ConcurrentLinkedQueue<>();
      got.add(mine);
      consumers.add(
          NatsLab.start(
              lab.open()
                  .consumer(lab.topic)
                  .broadcast()
                  .handler(m -> mine.add(NatsLab.text(m)))
                  .build()));
    }

    messaging.producer().publish(lab.message("x"));

    Eventually.await("all three", () -> got.stream().allMatch(mine -> mine.contains("x")));
    assertThat(got).allSatisfy(mine -> assertThat(mine).containsExactly("x"));
    consumers.forEach(consumer -> consumer.stop(Duration.ofSeconds(5)));
    assertThat(
            lab.raw().jetStreamManagement().getConsumerNames(NatsNames.DEFAULT.stream(lab.topic)))
        .isEmpty();
  }

  @Test
  void requests_are_answered() {
    Messaging server = lab.open();
    NatsLab.start(
        server
            .consumer(lab.topic)
            .group(NatsLab.GROUP)
            .replyHandler(request -> request.reply().text("re " + NatsLab.text(request)).build())
            .build());
    Messaging client = lab.open();

    List<ReceivedMessage> replies =
        IntStream.range(0, 10)
            .mapToObj(i -> client.requester().request(lab.message("q" + i), Duration.ofSeconds(10)))
            .map(stage -> stage.toCompletableFuture().join())
            .toList();

    assertThat(replies)
        .extracting(NatsLab::text)
        .containsExactlyElementsOf(IntStream.range(0, 10).mapToObj(i -> "re q" + i).toList());
  }

  @Test
  void a_delay_longer_than_half_the_retention_is_refused() {
    Messaging messaging = lab.open("nats.max-age", "1h");
    messaging.topology().declare(lab.topic, NatsLab.GROUP);

    assertThatThrownBy(
            () ->
                messaging
                    .producer()
                    .publish(Message.builder(lab.topic).delay(Duration.ofMinutes(31)).build()))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("nats.max-age");
  }

  // ---- faults

  @Test
  void streams_in_memory_are_declared_again_after_a_restart() {
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
  void a_dead_server_behind_an_open_socket_is_noticed() {
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
          () ->
              messaging.health().connection().state() == dev.missive.ConnectionState.RECONNECTING);
      var published = messaging.producer().publishAsync(mine.message("x")).toCompletableFuture();
      proxy.heal();

      published.orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join();
      Eventually.await("it arrives", () -> got.contains("x"));
    }
  }
}
