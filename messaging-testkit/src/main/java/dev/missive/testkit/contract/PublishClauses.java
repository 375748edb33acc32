package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.history.History;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses P01 to P08: what is published arrives as it was. */
public interface PublishClauses extends PublishResultClauses {
  /**
   * P01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "P01 what has a receipt is received by every declared group, also when the publisher is killed at once")
  default void receipt_means_stored(Lab lab) {
    Messaging reader = lab.open();
    List<String> groups = List.of(lab.group("a"), lab.group("b"));
    groups.forEach(
        group -> lab.run("declaring", () -> reader.topology().declare(lab.topic(), group)));
    Victim victim = lab.victim();

    String id = victim.publish(lab.topic(), "k", "v", Duration.ZERO);
    victim.kill();

    for (String group : groups) {
      Recorder seen = new Recorder();
      lab.started(reader.consumer(lab.topic()).group(group).handler(seen).build());
      assertThat(lab.await(1, seen).get(0).id()).isEqualTo(id);
    }
  }

  /**
   * P02.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "P02 payloads arrive byte-identical: empty, absent, one byte, all bytes, the largest")
  default void payloads(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    // With its key of one byte 1,000,000 in all.
    byte[] largest = new byte[999_999];
    Arrays.fill(largest, (byte) 7);
    List<byte[]> payloads = Arrays.asList(new byte[0], null, new byte[] {42}, all, largest);

    payloads.forEach(
        payload -> messaging.producer().publish(Message.of(lab.topic(), "k", payload)));

    List<Recorder.Run> runs = lab.await(payloads.size(), seen);
    for (int i = 0; i < payloads.size(); i++) {
      assertThat(runs.get(i).payload()).as("payload %d", i).isEqualTo(payloads.get(i));
    }
  }

  /**
   * P03.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "P03 headers arrive identical or are refused with MSG-HEADER-INVALID, and then nothing is sent")
  default void headers(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
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
        messaging.producer().publish(lab.message("v").toBuilder().header(name, value).build());
      }
    }
    Map<String, String> many = new HashMap<>();
    for (int n = 0; n < 24; n++) {
      many.put("h" + n, "v" + n);
    }
    Message.Builder full = lab.message("v").toBuilder();
    many.forEach(full::header);
    messaging.producer().publish(full.build());
    for (Map.Entry<String, String> refused : refusedHeaders().entrySet()) {
      Message message =
          lab.message("refused").toBuilder().header(refused.getKey(), refused.getValue()).build();
      assertThatThrownBy(() -> messaging.producer().publish(message))
          .as("header %s", refused.getKey())
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.HEADER_INVALID));
    }

    assertThat(lab.untilSentinel(messaging, seen))
        .hasSize(names.size() * values.size() + 1)
        .containsOnly("v");
    int i = 0;
    for (String name : names) {
      for (String value : values) {
        assertThat(seen.runs().get(i++).headers())
            .containsExactlyInAnyOrderEntriesOf(Map.of(name, value));
      }
    }
    assertThat(seen.runs().get(i).headers()).containsExactlyInAnyOrderEntriesOf(many);
  }

  private static Map<String, String> refusedHeaders() {
    return Map.of(
        "CC",
        "q",
        "BCC",
        "q",
        "x-death",
        "q",
        "missive-attempt",
        "9",
        "Nats-Msg-Id",
        "q",
        "",
        "q",
        "n".repeat(65),
        "q",
        "umläut",
        "q",
        "ok",
        "line\r\nbreak",
        "ok2",
        "half \ud800 character");
  }

  /**
   * P04.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("P04 keys arrive identical; an empty key is not an absent one")
  default void keys(Lab lab) {
    Messaging messaging = lab.open();
    Map<String, List<Byte>> keys = new ConcurrentHashMap<>();
    List<String> absent = new CopyOnWriteArrayList<>();
    lab.consume(
        messaging,
        message -> {
          byte[] key = message.key();
          if (key == null) {
            absent.add(Lab.text(message));
          } else {
            keys.put(Lab.text(message), bytes(key));
          }
        });
    byte[] binary = {0, -1, 127, 10};

    messaging
        .producer()
        .publish(Message.builder(lab.topic()).keyBytes(binary).text("binary").build());
    messaging
        .producer()
        .publish(Message.builder(lab.topic()).keyBytes(new byte[0]).text("empty").build());
    messaging.producer().publish(Message.builder(lab.topic()).text("absent").build());

    lab.await("three messages", () -> keys.size() + absent.size() == 3);
    assertThat(keys)
        .containsExactlyInAnyOrderEntriesOf(Map.of("binary", bytes(binary), "empty", List.of()));
    assertThat(absent).containsExactly("absent");
    Message tooLong = Message.builder(lab.topic()).keyBytes(new byte[256]).build();
    assertThatThrownBy(() -> messaging.producer().publish(tooLong))
        .hasMessageContaining("MSG-TOO-LARGE");
  }

  private static List<Byte> bytes(byte[] array) {
    List<Byte> list = new ArrayList<>();
    for (byte b : array) {
      list.add(b);
    }
    return list;
  }

  /**
   * P05.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "P05 id, type, content type, timestamp and correlation id survive; an absent id is generated and unique")
  default void fields(Lab lab) {
    Messaging messaging = lab.open();
    List<Instant> times = new CopyOnWriteArrayList<>();
    Recorder seen =
        new Recorder(
            message -> {
              Instant time = message.timestamp();
              if (time != null) {
                times.add(time);
              }
            });
    lab.consume(messaging, seen);
    Instant then = Instant.parse("2020-02-02T02:02:02.222Z");

    messaging
        .producer()
        .publish(
            Message.builder(lab.topic())
                .key("k")
                .id("my id")
                .type("t.y")
                .contentType("text/plain")
                .timestamp(then)
                .correlationId("c")
                .text("x")
                .build());
    for (int i = 0; i < 100; i++) {
      messaging.producer().publish(lab.message("m"));
    }

    Recorder.Run first = lab.await(101, seen).get(0);
    assertThat(first.id()).isEqualTo("my id");
    assertThat(first.type()).isEqualTo("t.y");
    assertThat(first.contentType()).isEqualTo("text/plain");
    assertThat(first.correlationId()).isEqualTo("c");
    assertThat(times.get(0)).as("timestamp").isEqualTo(then);
    assertThat(new HashSet<>(seen.ids())).hasSize(101).doesNotContain("");
  }

  /**
   * P06.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("P06 messages of one key are handled in the order they were published")
  default void order_of_a_key(Lab lab) {
    Messaging messaging = lab.open();
    History history = new History();
    lab.consume(messaging, history.recording(lab.group(), m -> {}));

    for (int i = 0; i < 2000; i++) {
      Message message = lab.message("one", "m" + i);
      history.sent(message);
      messaging
          .producer()
          .publishAsync(message)
          .thenAccept(receipt -> history.stored(receipt.id()));
    }

    lab.await("2000 runs", () -> history.runs(lab.group()) >= 2000);
    lab.await("2000 receipts", () -> messaging.counters().publishing().inFlight() == 0);
    assertThat(history.check(History.Rules.strict().group(lab.group()))).as("violations").isEmpty();
  }

  /**
   * P07.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("P07 50 threads lose and duplicate nothing")
  default void concurrent_publish(Lab lab) {
    Messaging messaging = lab.open();
    History history = new History();
    lab.consumeWith(
        messaging,
        builder -> builder.concurrency(4).handler(history.recording(lab.group(), m -> {})));

    lab.inParallel(
        50,
        thread -> {
          for (int i = 0; i < 40; i++) {
            Message message = lab.message("t" + thread + "-" + i % 4, "x");
            history.sent(message);
            history.stored(messaging.producer().publish(message).id());
          }
        });

    lab.await("2000 runs", () -> history.runs(lab.group()) >= 2000);
    assertThat(history.check(History.Rules.strict().group(lab.group()))).as("violations").isEmpty();
  }

  /**
   * P08.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("P08 publish and request after close fail with MSG-CLOSED")
  default void closed(Lab lab) {
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    Producer producer = messaging.producer();
    lab.close(messaging, Duration.ofSeconds(5));

    assertThatThrownBy(() -> producer.publish(lab.message("late")))
        .as("publishing after close")
        .hasMessageContaining("MSG-CLOSED");
    assertThatThrownBy(() -> messaging.producer().publish(lab.message("late")))
        .hasMessageContaining("MSG-CLOSED");
    assertThatThrownBy(
            () ->
                messaging
                    .requester()
                    .request(lab.message("late"), Duration.ofSeconds(1))
                    .toCompletableFuture()
                    .join())
        .hasMessageContaining("MSG-CLOSED");
    Messaging another = lab.open();
    Recorder seen = new Recorder();
    lab.consume(another, seen);
    assertThat(lab.untilSentinel(another, seen)).isEmpty();
  }
}
