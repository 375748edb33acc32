package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.spi.Destination;
import io.nats.client.impl.Headers;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The column NATS of the wire table, word by word, because other programs go by it. */
class NatsMessagesTest {
  private static final Destination TOPIC = new Destination.Topic("orders.new");
  private static final List<Destination> COPIES =
      List.of(
          new Destination.Group("orders.new", "billing"),
          new Destination.DeadLetters("orders.new", "billing"),
          new Destination.Reply("_INBOX.1"));
  private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_123L);

  private final Message full =
      Message.builder("orders.new")
          .id("m1")
          .type("order.created")
          .keyBytes(new byte[] {0, -1, 10})
          .contentType("text/plain")
          .correlationId("c1")
          .timestamp(TIME)
          .priority(7)
          .header("source", "50% of web")
          .payload("body".getBytes(UTF_8))
          .build();

  @Test
  void each_field_is_written_under_its_name() {
    Headers headers = NatsMessages.headers(full, TOPIC, TIME.plusMillis(1), true);

    assertThat(map(headers))
        .containsOnly(
            Map.entry("missive-id", "m1"),
            Map.entry("missive-type", "order.created"),
            Map.entry("missive-key", "AP8K"),
            Map.entry("content-type", "text/plain"),
            Map.entry("missive-correlation-id", "c1"),
            Map.entry("missive-ts", "1700000000123"),
            Map.entry("missive-priority", "7"),
            Map.entry("missive-not-before", "1700000000124"),
            Map.entry("source", "50% of web"),
            Map.entry("Nats-Msg-Id", "m1"));
    assertThat(NatsMessages.payload(full)).isEqualTo("body".getBytes(UTF_8));
  }

  @Test
  void what_is_absent_is_not_written() {
    Message bare = Message.builder("t").id("m1").timestamp(TIME).payload(new byte[0]).build();
    Message tombstone = bare.toBuilder().payload(null).build();

    assertThat(map(NatsMessages.headers(bare, TOPIC, null, false)))
        .containsOnly(
            Map.entry("missive-id", "m1"), Map.entry("missive-ts", TIME.toEpochMilli() + ""));
    assertThat(map(NatsMessages.headers(tombstone, TOPIC, null, false)))
        .containsEntry("missive-null", "1")
        .hasSize(3);
    assertThat(NatsMessages.payload(tombstone)).isEmpty();
  }

  /** What the library itself writes and reads: it must be at the same place everywhere. */
  @Test
  void headers_of_the_library_are_kept_as_they_are() {
    Map<String, String> ours =
        Map.of(
            "missive-reply-to", "_INBOX.1",
            "missive-expires-at", "1700000000125",
            "missive-max-attempts", "7",
            "missive-attempt", "3",
            "missive-dl-reason", "rejected");
    Message copy = with(full, ours);

    assertThat(map(NatsMessages.headers(copy, COPIES.get(0), null, false)))
        .containsAllEntriesOf(ours);
    assertThat(received(map(NatsMessages.headers(copy, COPIES.get(0), null, false))).headers())
        .containsAllEntriesOf(ours);
  }

  /**
   * The server would drop a second retry as a duplicate of the first, or obey what others wrote.
   */
  @Test
  void copies_have_their_topic_and_nothing_of_the_servers() {
    Message received = received(Map.of("Nats-Msg-Id", "m1", "Nats-Rollup", "all", "source", "web"));
    Message given = with(full, Map.of("Nats-Rollup", "all"));

    for (Destination to : COPIES) {
      for (Message copy : List.of(received, given)) {
        assertThat(map(NatsMessages.headers(copy, to, null, false)))
            .containsEntry("missive-topic", "orders.new")
            .containsKey("source")
            .allSatisfy((name, value) -> assertThat(name).doesNotStartWith("Nats-"));
      }
    }
    assertThat(map(NatsMessages.headers(full, TOPIC, null, false)))
        .doesNotContainKey("missive-topic");
  }

  @Test
  void one_value_that_is_no_plain_text_encodes_all_of_a_message() {
    for (String odd : List.of("Zoë", " a", "a ", "a\r\nNats-Rollup: all", "\t")) {
      Message message = full.toBuilder().id("100%").header("odd", odd).build();
      Headers headers = NatsMessages.headers(message, TOPIC, null, true);

      assertThat(map(headers))
          .as(odd)
          .containsEntry("missive-enc", "pct")
          .containsEntry("source", "50%25 of web")
          .containsEntry("missive-id", "100%25")
          .containsEntry("Nats-Msg-Id", "100%25")
          .containsEntry("missive-key", "AP8K")
          .allSatisfy((name, value) -> assertThat(value).matches("[!-~]([ -~]*[!-~])?"));
      assertThat(received(map(headers)).headers()).containsEntry("odd", odd);
      assertThat(received(map(headers)).id()).isEqualTo("100%");
    }
  }

  @Test
  void each_field_is_read_under_its_name() {
    NatsMessage message =
        received(
            Map.of(
                "missive-id", "m1",
                "missive-type", "order.created",
                "missive-key", "AP8K",
                "content-type", "text/plain",
                "missive-correlation-id", "c1",
                "missive-ts", "1700000000123",
                "missive-priority", "7",
                "missive-not-before", "1700000000124",
                "source", "50% of web",
                "Nats-Msg-Id", "m1"));

    assertThat(message.id()).isEqualTo("m1");
    assertThat(message.topic()).isEqualTo("orders.new");
    assertThat(message.type()).isEqualTo("order.created");
    assertThat(message.key()).containsExactly(0, -1, 10);
    assertThat(message.contentType()).isEqualTo("text/plain");
    assertThat(message.correlationId()).isEqualTo("c1");
    assertThat(message.timestamp()).isEqualTo(TIME);
    assertThat(message.priority()).isEqualTo(7);
    assertThat(message.notBefore()).isEqualTo(TIME.plusMillis(1));
    assertThat(message.headers())
        .containsOnly(
            Map.entry("source", "50% of web"), Map.entry("missive-not-before", "1700000000124"));
  }

  @Test
  void what_others_leave_out_or_get_wrong_is_absent() {
    NatsMessage bare = received(Map.of());
    NatsMessage wrong =
        received(
            Map.of(
                "missive-id", "",
                "missive-key", "%%%",
                "missive-ts", "yesterday",
                "missive-priority", "10",
                "missive-not-before", "soon"));

    for (NatsMessage message : List.of(bare, wrong)) {
      assertThat(message.id()).isNotBlank();
      assertThat(message.type()).isNull();
      assertThat(message.key()).isNull();
      assertThat(message.timestamp()).isNull();
      assertThat(message.priority()).isNull();
      assertThat(message.notBefore()).isNull();
    }
    assertThat(received(Map.of("type", "theirs")).type()).isEqualTo("theirs");
    assertThat(received(Map.of("missive-topic", "a.b")).topic()).isEqualTo("a.b");
  }

  @Test
  void a_payload_that_is_absent_and_one_that_is_empty_differ() {
    assertThat(received(Map.of(), new byte[0]).payload()).isEmpty();
    assertThat(received(Map.of("missive-null", "1"), new byte[0]).payload()).isNull();
    // Whoever writes both means what is there.
    assertThat(received(Map.of("missive-null", "1"), new byte[] {1}).payload()).containsExactly(1);
  }

  private static Message with(Message message, Map<String, String> more) {
    Message.Builder builder = message.toBuilder();
    more.forEach(builder::header);
    return builder.build();
  }

  private static NatsMessage received(Map<String, String> headers) {
    return received(headers, new byte[0]);
  }

  private static NatsMessage received(Map<String, String> headers, byte[] payload) {
    Headers wire = new Headers();
    headers.forEach((name, value) -> wire.put(name, value));
    return new NatsMessage(
        io.nats.client.impl.NatsMessage.builder()
            .subject("s")
            .headers(headers.isEmpty() ? null : wire)
            .data(payload)
            .build(),
        "orders.new",
        false);
  }

  private static Map<String, String> map(Headers headers) {
    Map<String, String> all = new TreeMap<>();
    headers.forEach((name, values) -> all.put(name, values.get(0)));
    return all;
  }
}
