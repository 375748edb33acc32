package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.LongString;
import com.rabbitmq.client.impl.LongStringHelper;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The wire table, word by word: other programs read and write these names. */
final class RabbitWireTest {
  private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_123L);

  @Test
  void everything_a_message_has_is_written_where_others_look_for_it() {
    Message message =
        Message.builder("orders.eu")
            .id("id-1")
            .type("placed")
            .key("k")
            .text("text")
            .contentType("text/plain")
            .correlationId("c-1")
            .timestamp(TIME)
            .priority(7)
            .header("own", "ö")
            .build();

    BasicProperties properties = RabbitMessages.properties(message, TIME.plusMillis(5), 42);

    assertThat(properties.getMessageId()).isEqualTo("id-1");
    assertThat(properties.getType()).isEqualTo("placed");
    assertThat(properties.getContentType()).isEqualTo("text/plain");
    assertThat(properties.getCorrelationId()).isEqualTo("c-1");
    assertThat(properties.getTimestamp().toInstant().getEpochSecond()).isEqualTo(1_700_000_000L);
    assertThat(properties.getPriority()).isEqualTo(7);
    assertThat(properties.getDeliveryMode()).isEqualTo(2);
    assertThat(properties.getHeaders())
        .containsOnly(
            entry("missive-topic", "orders.eu"),
            entry("missive-key", "k".getBytes(UTF_8)),
            entry("missive-ts", "1700000000123"),
            entry("missive-priority", "7"),
            entry("missive-not-before", "1700000000128"),
            entry("missive-seq", 42L),
            entry("own", "ö"));
    assertThat(RabbitMessages.body(message)).isEqualTo("text".getBytes(UTF_8));
  }

  /** The runtime hands these over as headers. */
  @Test
  void what_the_runtime_says_in_headers_is_written_as_it_is() {
    Map<String, String> said =
        Map.of(
            "missive-reply-to", "amq.rabbitmq.reply-to.x",
            "missive-expires-at", "1700000000500",
            "missive-max-attempts", "3",
            "missive-attempt", "2");
    Message message = Message.builder("t").id("i").text("x").headers(said).build();

    assertThat(RabbitMessages.properties(message, null, 1).getHeaders())
        .containsAllEntriesOf(said)
        .containsOnlyKeys(
            "missive-reply-to",
            "missive-expires-at",
            "missive-max-attempts",
            "missive-attempt",
            "missive-topic",
            "missive-seq");
  }

  @Test
  void absent_and_empty_differ_on_the_way_out_and_in() {
    Message tombstone = Message.of("t", null);
    Message empty = Message.of("t", "", new byte[0]);

    assertThat(headers(tombstone))
        .containsEntry("missive-null", "1")
        .doesNotContainKey("missive-key");
    assertThat(RabbitMessages.body(tombstone)).isEmpty();
    assertThat(headers(empty)).doesNotContainKey("missive-null");
    assertThat((byte[]) headers(empty).get("missive-key")).isEmpty();

    assertThat(received(Map.of("missive-null", text("1")), "").body()).isNull();
    assertThat(received(Map.of("missive-null", text("1")), "x").body()).isNotNull();
    assertThat(received(Map.of(), "").body()).isEqualTo(ByteBuffer.allocate(0));
    assertThat(received(Map.of(), "").keyBuffer()).isNull();
    assertThat(received(Map.of("missive-key", new byte[0]), "").keyBuffer())
        .isEqualTo(ByteBuffer.allocate(0));
  }

  @Test
  void what_does_not_fit_into_a_property_is_refused_before_the_client_counts_it() {
    String tooLong = "ö".repeat(128);

    assertRefused(Message.builder("t").id(tooLong).text("x").build(), "id");
    assertRefused(Message.builder("t").type(tooLong).text("x").build(), "type");
    assertRefused(Message.builder("t").contentType(tooLong).text("x").build(), "contentType");
    assertRefused(Message.builder("t").correlationId(tooLong).text("x").build(), "correlationId");
    Message fits = Message.builder("t").correlationId("ö".repeat(127)).text("x").build();
    assertThat(RabbitMessages.properties(fits, null, 1).getCorrelationId()).hasSize(127);
  }

  @Test
  void what_we_write_is_read_back() {
    RabbitMessage message =
        received(
            new BasicProperties.Builder()
                .messageId("id-1")
                .type("placed")
                .contentType("text/plain")
                .correlationId("c-1")
                .timestamp(new Date(1_700_000_000_000L))
                .priority(3),
            Map.of(
                "missive-topic", text("orders.eu"),
                "missive-key", "k".getBytes(UTF_8),
                "missive-ts", text("1700000000123"),
                "missive-priority", text("7"),
                "missive-seq", 42L,
                "missive-not-before", text("1700000000128"),
                "missive-expires-at", text("1700000000500"),
                "missive-max-attempts", text("3"),
                "missive-reply-to", text("there"),
                "own", text("ö")),
            "text");

    assertThat(message.topic()).isEqualTo("orders.eu");
    assertThat(message.id()).isEqualTo("id-1");
    assertThat(message.type()).isEqualTo("placed");
    assertThat(message.contentType()).isEqualTo("text/plain");
    assertThat(message.correlationId()).isEqualTo("c-1");
    assertThat(message.timestamp()).as("the exact one wins").isEqualTo(TIME);
    assertThat(message.priority()).as("our header wins").isEqualTo(7);
    assertThat(message.keyBuffer()).isEqualTo(ByteBuffer.wrap("k".getBytes(UTF_8)));
    assertThat(message.headers())
        .containsOnly(
            entry("missive-not-before", "1700000000128"),
            entry("missive-expires-at", "1700000000500"),
            entry("missive-max-attempts", "3"),
            entry("missive-reply-to", "there"),
            entry("own", "ö"));
  }

  @Test
  void a_message_of_others_has_what_its_properties_say() {
    RabbitMessage message =
        received(
            new BasicProperties.Builder().timestamp(new Date(1_700_000_000_000L)).priority(3),
            Map.of("type", text("theirs")),
            "x");

    assertThat(message.topic()).as("the routing key").isEqualTo("their.key");
    assertThat(message.timestamp()).isEqualTo(Instant.ofEpochSecond(1_700_000_000L));
    assertThat(message.priority()).isEqualTo(3);
    assertThat(message.type()).isEqualTo("theirs");
    assertThat(message.headers()).as("never taken out").containsEntry("type", "theirs");
    assertThat(message.contentType()).isNull();
    assertThat(message.correlationId()).isNull();
  }

  @Test
  void a_property_type_wins_over_a_header_of_that_name() {
    RabbitMessage message =
        received(new BasicProperties.Builder().type("ours"), Map.of("type", text("theirs")), "x");

    assertThat(message.type()).isEqualTo("ours");
    assertThat(message.headers()).containsEntry("type", "theirs");
  }

  @Test
  void a_message_without_anything_gets_an_id_that_stays() {
    RabbitMessage message = received(new BasicProperties.Builder(), null, "x");

    assertThat(message.id()).isNotEmpty().isEqualTo(message.id());
    assertThat(message.id()).isNotEqualTo(received(Map.of(), "x").id());
    assertThat(received(new BasicProperties.Builder().messageId(""), null, "x").id()).isNotEmpty();
    assertThat(message.headers()).isEmpty();
    assertThat(message.timestamp()).isNull();
    assertThat(message.priority()).isNull();
    assertThat(message.type()).isNull();
  }

  @Test
  void numbers_of_others_that_are_none_count_as_absent() {
    RabbitMessage message =
        received(
            new BasicProperties.Builder().timestamp(new Date(1_700_000_000_000L)).priority(3),
            Map.of("missive-ts", text("yesterday"), "missive-priority", text("high")),
            "x");

    assertThat(message.timestamp()).isEqualTo(Instant.ofEpochSecond(1_700_000_000L));
    assertThat(message.priority()).isEqualTo(3);
    assertThat(received(Map.of("missive-ts", 1_700_000_000_123L), "x").timestamp()).isEqualTo(TIME);
  }

  @Test
  void a_key_of_others_may_be_text() {
    assertThat(received(Map.of("missive-key", text("k")), "x").keyBuffer())
        .isEqualTo(ByteBuffer.wrap("k".getBytes(UTF_8)));
    assertThat(received(Map.of("missive-key", 7), "x").keyBuffer())
        .isEqualTo(ByteBuffer.wrap("7".getBytes(UTF_8)));
  }

  @Test
  void a_header_that_is_no_text_is_shown_as_text() {
    Map<String, Object> headers = new HashMap<>();
    headers.put("long", 7L);
    headers.put("bool", true);
    headers.put("decimal", new BigDecimal("1.5"));
    headers.put("bytes", "ö".getBytes(UTF_8));
    headers.put("array", List.of(text("a"), 1));
    headers.put("table", Map.of("a", text("b")));
    headers.put("void", null);

    assertThat(received(headers, "x").headers())
        .containsOnly(
            entry("long", "7"),
            entry("bool", "true"),
            entry("decimal", "1.5"),
            entry("bytes", "ö"),
            entry("array", "[a, 1]"),
            entry("table", "{a=b}"));
  }

  /** With them a confirmed copy is dropped as a cycle, or goes to queues that others named. */
  @Test
  void what_the_broker_added_and_what_routes_is_no_header() {
    Map<String, Object> headers = new HashMap<>();
    for (String name :
        List.of(
            "x-death",
            "x-first-death-queue",
            "x-first-death-exchange",
            "x-first-death-reason",
            "x-last-death-queue",
            "x-delivery-count",
            "x-acquired-count",
            "CC",
            "BCC")) {
      headers.put(name, text("1"));
    }
    headers.put("own", text("stays"));

    assertThat(received(headers, "x").headers()).containsOnly(entry("own", "stays"));
  }

  @Test
  void it_prints_no_payload_and_no_header_value() {
    String printed = received(Map.of("own", text("geheim")), "geheim").toString();

    assertThat(printed).contains("their.key").doesNotContain("geheim");
  }

  private static void assertRefused(Message message, String field) {
    assertThatThrownBy(() -> RabbitMessages.properties(message, null, 1))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE);
              assertThat(e.outcome()).isEqualTo(Outcome.NOT_STORED);
              assertThat(e.getMessage()).contains("the " + field + " of a message");
            });
  }

  private static Map<String, Object> headers(Message message) {
    return RabbitMessages.properties(message, null, 1).getHeaders();
  }

  private static LongString text(String text) {
    return LongStringHelper.asLongString(text);
  }

  private static RabbitMessage received(Map<String, Object> headers, String body) {
    return received(new BasicProperties.Builder(), headers, body);
  }

  private static RabbitMessage received(
      BasicProperties.Builder properties, @Nullable Map<String, Object> headers, String body) {
    return new RabbitMessage(
        new Envelope(1, false, "missive.topics", "their.key"),
        properties.headers(headers).build(),
        body.getBytes(UTF_8),
        null);
  }
}
