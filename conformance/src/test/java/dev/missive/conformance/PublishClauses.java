package dev.missive.conformance;

import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.PublishResult;
import dev.missive.Receipt;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface PublishClauses extends Clauses {
  @Test
  @DisplayName(
      "P01 what has a receipt is received by every declared group, also when the publisher dies at once")
  default void receipt_means_stored() {
    Messaging publisher = lab().open("application", "victim");
    Messaging reader = lab().open("application", "reader");
    publisher.topology().declare(TOPIC, "a");
    publisher.topology().declare(TOPIC, "b");

    Receipt receipt = publisher.producer().publish(message("k", "v"));
    lab().broker.abandon("victim");

    for (String group : List.of("a", "b")) {
      Recorder seen = new Recorder();
      Lab.started(reader.consumer(TOPIC).group(group).handler(seen).build());
      assertThat(seen.await(1).get(0).id()).isEqualTo(receipt.id());
    }
  }

  @Test
  @DisplayName(
      "P02 payloads arrive byte-identical: empty, absent, one byte, all bytes, the largest")
  default void payloads() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consume(messaging, seen);
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    byte[] largest = new byte[1_000_000];
    Arrays.fill(largest, (byte) 7);
    List<byte[]> payloads = Arrays.asList(new byte[0], null, new byte[] {42}, all, largest);

    payloads.forEach(payload -> messaging.producer().publish(Message.of(TOPIC, payload)));

    List<Recorder.Run> runs = seen.await(payloads.size());
    for (int i = 0; i < payloads.size(); i++) {
      assertThat(runs.get(i).payload()).isEqualTo(payloads.get(i));
    }
  }

  @Test
  @DisplayName(
      "P03 headers arrive identical or are refused with MSG-HEADER-INVALID, and then nothing is sent")
  default void headers() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consume(messaging, seen);
    List<String> values =
        List.of(
            "",
            "plain",
            "grüße 漢字 🙂",
            " leading and trailing ",
            "a=b;c,d\"e'",
            "%41",
            "x".repeat(4000));
    List<String> names = List.of("a", "A-b_c.d", "0", "n".repeat(64));

    for (String name : names) {
      for (String value : values) {
        messaging.producer().publish(Message.builder(TOPIC).header(name, value).build());
      }
    }
    for (Message refused :
        List.of(
            Message.builder(TOPIC).header("CC", "q").build(),
            Message.builder(TOPIC).header("BCC", "q").build(),
            Message.builder(TOPIC).header("x-death", "q").build(),
            Message.builder(TOPIC).header("missive-attempt", "9").build(),
            Message.builder(TOPIC).header("Nats-Msg-Id", "q").build(),
            Message.builder(TOPIC).header("", "q").build(),
            Message.builder(TOPIC).header("n".repeat(65), "q").build(),
            Message.builder(TOPIC).header("umläut", "q").build(),
            Message.builder(TOPIC).header("ok", "line\r\nbreak").build(),
            Message.builder(TOPIC).header("ok", "half \ud800 character").build())) {
      assertThatThrownBy(() -> messaging.producer().publish(refused))
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.HEADER_INVALID));
    }

    messaging.producer().publish(message("k", "sentinel"));
    List<Recorder.Run> runs = seen.await(names.size() * values.size() + 1);
    int i = 0;
    for (String name : names) {
      for (String value : values) {
        assertThat(runs.get(i++).headers()).containsExactlyEntriesOf(java.util.Map.of(name, value));
      }
    }
    assertThat(runs.get(i).text()).isEqualTo("sentinel");
  }

  @Test
  @DisplayName("P04 keys arrive identical; an empty key is not an absent one")
  default void keys() {
    Messaging messaging = lab().open();
    List<byte[]> keys = new CopyOnWriteArrayList<>();
    List<Boolean> absent = new CopyOnWriteArrayList<>();
    consume(
        messaging,
        message -> {
          absent.add(message.key() == null);
          keys.add(message.key() == null ? new byte[0] : message.key());
        });

    messaging.producer().publish(Message.builder(TOPIC).keyBytes(new byte[] {0, -1, 127}).build());
    messaging.producer().publish(Message.builder(TOPIC).keyBytes(new byte[0]).build());
    messaging.producer().publish(Message.builder(TOPIC).build());

    Eventually.await("three messages", () -> keys.size() == 3);
    assertThat(keys.get(0)).isEqualTo(new byte[] {0, -1, 127});
    assertThat(absent).containsExactly(false, false, true);
    assertThatThrownBy(
            () ->
                messaging
                    .producer()
                    .publish(Message.builder(TOPIC).keyBytes(new byte[256]).build()))
        .hasMessageContaining("MSG-TOO-LARGE");
  }

  @Test
  @DisplayName(
      "P05 id, type, content type, timestamp and correlation id survive; an absent id is generated and unique")
  default void fields() {
    Messaging messaging = lab().open();
    List<Instant> times = new CopyOnWriteArrayList<>();
    Recorder seen = new Recorder(message -> times.add(message.timestamp()));
    consume(messaging, seen);
    Instant then = Instant.parse("2020-02-02T02:02:02.222Z");

    messaging
        .producer()
        .publish(
            Message.builder(TOPIC)
                .id("my id")
                .type("t.y")
                .contentType("text/plain")
                .timestamp(then)
                .correlationId("c")
                .text("x")
                .build());
    for (int i = 0; i < 100; i++) {
      messaging.producer().publish(Message.of(TOPIC, new byte[1]));
    }

    Recorder.Run first = seen.await(101).get(0);
    assertThat(first.id()).isEqualTo("my id");
    assertThat(first.type()).isEqualTo("t.y");
    assertThat(first.contentType()).isEqualTo("text/plain");
    assertThat(first.correlationId()).isEqualTo("c");
    assertThat(times.get(0)).isEqualTo(then);
    assertThat(new HashSet<>(seen.ids())).hasSize(101).doesNotContain("");
  }

  @Test
  @DisplayName("P06 messages of one key are handled in the order they were published")
  default void order_of_a_key() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consume(messaging, seen);
    List<String> sent = new ArrayList<>();

    for (int i = 0; i < 2000; i++) {
      Message message = message("one", "m" + i);
      sent.add(message.id());
      messaging.producer().publishAsync(message);
    }

    seen.await(2000);
    assertThat(seen.ids()).containsExactlyElementsOf(sent);
  }

  @Test
  @DisplayName("P07 50 threads lose and duplicate nothing")
  default void concurrent_publish() throws InterruptedException {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consumeWith(messaging, builder -> builder.concurrency(4).handler(seen));
    List<String> sent = new CopyOnWriteArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 50; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 40; i++) {
                  sent.add(messaging.producer().publish(message("k" + i, "x")).id());
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }

    seen.await(2000);
    assertThat(seen.ids()).containsExactlyInAnyOrderElementsOf(sent);
  }

  @Test
  @DisplayName("P08 publish and request after close fail with MSG-CLOSED")
  default void closed() {
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, Lab.GROUP);
    Producer producer = messaging.producer();
    messaging.close();

    assertThatThrownBy(() -> producer.publish(message("k", "v")))
        .hasMessageContaining("MSG-CLOSED");
    assertThatThrownBy(() -> messaging.producer().publish(message("k", "v")))
        .hasMessageContaining("MSG-CLOSED");
    assertThatThrownBy(
            () ->
                messaging
                    .requester()
                    .request(message("k", "v"), Duration.ofSeconds(1))
                    .toCompletableFuture()
                    .join())
        .hasMessageContaining("MSG-CLOSED");
    assertThat(lab().broker.waitingIds(TOPIC, Lab.GROUP)).isEmpty();
  }

  @Test
  @DisplayName(
      "P09 close completes every accepted publish, as stored or as an error that tells the truth")
  default void close_completes() {
    Messaging messaging = lab().open("producer.deadline", "2s");
    messaging.topology().declare(TOPIC, Lab.GROUP);
    lab().broker.rejectNext(50);
    List<CompletionStage<Receipt>> stages = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Message message = message("k" + i, "v");
      ids.add(message.id());
      stages.add(messaging.producer().publishAsync(message));
    }

    messaging.close(Duration.ofSeconds(5));

    List<String> there = lab().broker.waitingIds(TOPIC, Lab.GROUP);
    for (int i = 0; i < stages.size(); i++) {
      assertThat(stages.get(i).toCompletableFuture()).isDone();
      boolean stored = !stages.get(i).toCompletableFuture().isCompletedExceptionally();
      if (stored) {
        assertThat(there).contains(ids.get(i));
      } else {
        PublishException error = failure(stages.get(i));
        if (error.outcome() == PublishException.Outcome.NOT_STORED) {
          assertThat(there).doesNotContain(ids.get(i));
        }
      }
    }
  }

  @Test
  @DisplayName("P10 a topic that was never declared is refused, NOT_STORED, and not created")
  default void missing_topic() {
    Messaging messaging = lab().open();

    assertThatThrownBy(
            () -> messaging.producer().publish(Message.of("never.declared", new byte[1])))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isIn(ErrorCode.TOPIC_MISSING, ErrorCode.UNROUTABLE);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            });
    assertThat(lab().broker.hasTopic("never.declared")).isFalse();
  }

  @Test
  @DisplayName(
      "P11 an oversize message is refused with MSG-TOO-LARGE and the producer stays usable")
  default void oversize() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consume(messaging, seen);

    assertThatThrownBy(() -> messaging.producer().publish(Message.of(TOPIC, new byte[1_000_001])))
        .hasMessageContaining("MSG-TOO-LARGE")
        .hasMessageContaining("1000001");
    messaging.producer().publish(message("k", "fits"));

    assertThat(seen.await(1).get(0).text()).isEqualTo("fits");
  }

  @Test
  @DisplayName(
      "P12 with results withheld exactly the window goes out; the next waits, or fails if so configured")
  default void window() {
    lab().virtual();
    Messaging messaging = lab().open("producer.window", "10", "producer.deadline", "5s");
    messaging.topology().declare(TOPIC, Lab.GROUP);
    lab().broker.withholdConfirms();
    for (int i = 0; i < 10; i++) {
      messaging.producer().publishAsync(message("k", "v" + i));
    }
    Eventually.await(
        "ten are stored", () -> lab().broker.waitingIds(TOPIC, Lab.GROUP).size() == 10);
    Producer failing = messaging.producerBuilder().failWhenFull().build();

    assertThat(failure(failing.publishAsync(message("k", "over"))).code())
        .isEqualTo(ErrorCode.BACKPRESSURE);
    Thread waiting = new Thread(() -> messaging.producer().publish(message("k", "waits")));
    waiting.start();
    Eventually.await("the publisher waits", () -> waiting.getState() == Thread.State.WAITING);
    assertThat(messaging.counters().publishing().inFlight()).isEqualTo(10);
    assertThat(lab().broker.waitingIds(TOPIC, Lab.GROUP)).hasSize(10);
    lab().broker.releaseConfirms();
    Eventually.await("the publisher goes on", () -> !waiting.isAlive());
    assertThat(lab().broker.waitingIds(TOPIC, Lab.GROUP)).hasSize(11);
  }

  @Test
  @DisplayName(
      "P13 publishBatch returns one result per message in order; a bad one does not hide the others")
  default void batch() {
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, Lab.GROUP);

    List<PublishResult> results =
        messaging
            .producer()
            .publishBatch(
                List.of(
                    message("a", "1"), Message.of("not.there", new byte[1]), message("c", "3")));

    assertThat(results).extracting(PublishResult::stored).containsExactly(true, false, true);
    assertThat(results.get(1).error().code()).isEqualTo(ErrorCode.TOPIC_MISSING);
    assertThat(lab().broker.waitingIds(TOPIC, Lab.GROUP))
        .containsExactly(results.get(0).receipt().id(), results.get(2).receipt().id());
  }

  @Test
  @DisplayName("P14 an atomic batch is stored completely or not at all")
  default void atomic_batch() {
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, Lab.GROUP);

    assertThatThrownBy(
            () ->
                messaging
                    .producer()
                    .publishAtomically(
                        List.of(message("a", "1"), Message.of("not.there", new byte[1]))))
        .hasMessageContaining("MSG-TOPIC-MISSING");
    assertThat(lab().broker.waitingIds(TOPIC, Lab.GROUP)).isEmpty();
    assertThat(
            messaging.producer().publishAtomically(List.of(message("a", "1"), message("b", "2"))))
        .hasSize(2);
    assertThat(lab().broker.waitingIds(TOPIC, Lab.GROUP)).hasSize(2);
  }

  @Test
  @DisplayName(
      "P15 the same id twice is one message; retry copies, dead letters and redrives of that id are not swallowed")
  default void dedup() {
    Messaging messaging = lab().open();
    Recorder seen =
        new Recorder(
            message -> {
              if (message.attempt() < 3) {
                throw new IllegalStateException("again");
              }
            });
    consumeWith(messaging, builder -> builder.retry(Lab.QUICK.maxAttempts(2)).handler(seen));
    Message twice = message("k", "twice");

    messaging.producer().publish(twice);
    messaging.producer().publish(twice);
    messaging.producer().publish(message("k", "other"));

    Eventually.await(
        "both dead-lettered", () -> messaging.counters().of(TOPIC, Lab.GROUP).deadLettered() == 2);
    assertThat(seen.texts()).containsExactlyInAnyOrder("twice", "twice", "other", "other");
    try (var cursor = messaging.deadLetters().open(TOPIC, Lab.GROUP)) {
      assertThat(cursor.redrive(dev.missive.DeadLetters.RedriveOptions.all()).redriven())
          .isEqualTo(2);
    }
    seen.await(8);
  }

  @Test
  @DisplayName("U01 whatever capability is missing is refused where it is asked for")
  default void refusals() {
    for (Capability capability : Capability.values()) {
      Messaging messaging = lab().open("memory.without", capability.name());
      messaging.topology().declare(TOPIC, Lab.GROUP);
      long before = lab().broker.operations();

      assertThatThrownBy(() -> use(messaging, capability))
          .as(capability.name())
          .isInstanceOfSatisfying(
              MessagingException.class,
              e ->
                  assertThat(e.code())
                      .as(capability.name())
                      .isEqualTo(ErrorCode.CAPABILITY_MISSING));
      assertThat(lab().broker.operations())
          .as("operations at the broker for " + capability)
          .isEqualTo(before);
    }
  }

  private static void use(Messaging messaging, Capability capability) {
    Producer producer = messaging.producer();
    switch (capability) {
      case KEY_ORDER ->
          messaging.consumer(TOPIC).group("g").require(capability).handler(m -> {}).build().start();
      case ORDERED_RETRY ->
          messaging
              .consumer(TOPIC)
              .group("g")
              .ordering(dev.missive.Ordering.KEY)
              .handler(m -> {})
              .build()
              .start();
      case DELAY -> producer.publish(Message.builder(TOPIC).delay(Duration.ofSeconds(5)).build());
      case TTL ->
          producer.publish(Message.builder(TOPIC).timeToLive(Duration.ofSeconds(5)).build());
      case PRIORITY -> producer.publish(Message.builder(TOPIC).priority(3).build());
      case DEDUP ->
          messaging.consumer(TOPIC).group("g").require(capability).handler(m -> {}).build().start();
      case START_POSITION ->
          messaging
              .consumer(TOPIC)
              .group("g")
              .from(dev.missive.Consumer.EARLIEST)
              .handler(m -> {})
              .build()
              .start();
      case SEEK -> messaging.topology().seek(TOPIC, Lab.GROUP, new dev.missive.Position(0, 0));
      case WILDCARD -> messaging.consumer("lab.*").group("g").handler(m -> {}).build().start();
      case BROADCAST -> messaging.consumer(TOPIC).broadcast().handler(m -> {}).build().start();
      case REQUEST -> {
        try {
          messaging
              .requester()
              .request(message("k", "v"), Duration.ofSeconds(1))
              .toCompletableFuture()
              .join();
        } catch (CompletionException e) {
          throw (MessagingException) e.getCause();
        }
      }
      case ATOMIC_BATCH -> producer.publishAtomically(List.of(message("k", "v")));
    }
  }

  private static PublishException failure(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      return (PublishException) e.getCause();
    }
    throw new AssertionError("the publish succeeded");
  }
}
